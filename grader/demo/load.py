"""The demo's data: two terms of the course, their people, and what these have uploaded."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from grader.content import Content, sync
from grader.demo import gradebook
from grader.demo.course import shift_to_open
from grader.demo.people import INSTRUCTOR, LAST_TERM, NEWCOMER, STAFF, STUDENTS, enrol
from grader.demo.uploads import Works, hand_in_all, last_term, refusal, this_term
from grader.models import Assignment, Course
from grader.pipeline.extend import extend

THIS_TERM = "comp4551"
"""The course with a homework that is open."""
TERM_BEFORE = "comp4551-2025"
"""The course with the dates as they are printed, all of them past."""
HOMEWORK = "hw1"


def content_folder() -> Path:
    """Where the course's content lies."""
    folder: Path = settings.ROOT / "assignments"
    return folder


def is_loaded() -> bool:
    """Whether an earlier start has done it."""
    return Course.objects.filter(slug=THIS_TERM).exists()


@transaction.atomic
def load(content: Content, now: datetime) -> str:
    """Write everything, and queue the uploads; what the student with the broken upload was told."""
    works = Works(content.folder / HOMEWORK, content.homeworks[HOMEWORK])
    _load_term_before(content, works, now)
    shifted = replace(content, course=shift_to_open(content.course, HOMEWORK, now))
    sync(shifted, THIS_TERM, publish=True)
    assignment = homework_of(THIS_TERM)
    class_ = enrol(assignment.course, (*STAFF, *STUDENTS))
    by_account = {person.account: student for person, student in class_.items()}
    extend(
        assignment,
        assignment.due_at + timedelta(days=3),
        reason="Ill; the certificate was seen.",
        author=class_[INSTRUCTOR].user,
        student=by_account["amina.yusuf"],
    )
    hand_in_all(assignment, class_, this_term(works, now))
    gradebook.this_term(assignment.course, class_)
    return refusal(assignment, class_[NEWCOMER], works, now)


def homework_of(course: str) -> Assignment:
    """Homework 1 of one of the terms."""
    rows = Assignment.objects.select_related("course", "version")
    return rows.get(course__slug=course, slug=HOMEWORK)


def _load_term_before(content: Content, works: Works, now: datetime) -> None:
    title = f"{content.course.title} (spring 2025)"
    sync(replace(content, course=replace(content.course, title=title)), TERM_BEFORE, publish=True)
    assignment = homework_of(TERM_BEFORE)
    class_ = enrol(assignment.course, (*STAFF, *LAST_TERM))
    extend(
        assignment,
        assignment.due_at + timedelta(days=4),
        reason="Conference travel, agreed before the term.",
        author=class_[INSTRUCTOR].user,
        student=class_[LAST_TERM[-1]],
    )
    hand_in_all(assignment, class_, last_term(works, assignment.due_at))
    gradebook.last_term(assignment.course, class_, now)
