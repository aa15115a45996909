"""What the demo's gradebooks show beside homework: points in exams, and what a person decided."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from grader.demo.people import INSTRUCTOR, LAST_TERM, STUDENTS, Person
from grader.domain.overrides import OverrideKind
from grader.exams import enter, plan_of_form
from grader.models import Assignment, Course, Exam, Membership, User
from grader.overrides import decide
from grader.queries.gradebook import gradebook
from grader.releases import release

Class = Mapping[Person, Membership]
_MIDTERM, _FINAL = "midterm", "final"
_PRESENT = ("88", "41.5", "93", "76.25", "58", "67", "0", "81", "72.5", "96", "49")
"""This term's midterm: the last on the list was not there."""


def this_term(course: Course, class_: Class) -> None:
    """The midterm is marked, and not released yet."""
    people = dict(zip(STUDENTS, _PRESENT, strict=False))
    _enter(course, _MIDTERM, class_, people)


def last_term(course: Course, class_: Class, now: datetime) -> None:
    """All is over and released: two exams, a homework on paper and one that was excused."""
    author = class_[INSTRUCTOR].user
    _enter(course, _MIDTERM, class_, dict(zip(LAST_TERM, ("71", "84.5", "39", "97"), strict=True)))
    _enter(course, _FINAL, class_, dict(zip(LAST_TERM, ("66", "90", "52.5", "95"), strict=True)))
    _, paper, _, ill = LAST_TERM
    columns = {column.slug: column for column in gradebook(course, now=now).columns}
    decide(
        class_[paper],
        columns["hw2"],
        OverrideKind.POINTS,
        points=Decimal(85),
        reason="Handed in on paper on the day of the power cut; marked by hand.",
        author=author,
        now=now,
    )
    decide(
        class_[ill],
        columns["hw2"],
        OverrideKind.EXCUSED,
        reason="Ill for two weeks; the certificate was seen.",
        author=author,
        now=now,
    )
    items: list[Assignment | Exam] = [*course.assignments.all(), *course.exams.all()]
    for item in items:
        release(item, author, now=now)


def _enter(course: Course, slug: str, class_: Class, points: Mapping[Person, str]) -> None:
    exam = Exam.objects.get(course=course, slug=slug)
    typed = {class_[person]: written for person, written in points.items()}
    author: User = class_[INSTRUCTOR].user
    enter(exam, lambda: plan_of_form(exam, typed)[0], source="form", author=author)
