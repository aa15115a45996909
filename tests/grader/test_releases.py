"""What students see before a release, after it, and after it was taken back; and who is told."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from grader.access import course_for, submission_for
from grader.domain.states import JobState, Role
from grader.domain.visibility import Audience
from grader.messages import send_waiting
from grader.models import (
    Assignment,
    AuditEntry,
    CheckResult,
    Course,
    Exam,
    ExamScore,
    Membership,
    Override,
    Submission,
)
from grader.queries.feedback import phase_for, results_json
from grader.queries.gradebook import gradebook
from grader.queries.releases import releases_page
from grader.releases import Released, release, withdraw
from tests import factories
from tests.factories import DUE

pytestmark = pytest.mark.django_db
NOW = DUE + timedelta(days=10)


@pytest.fixture
def course() -> Course:
    weights = [
        {"id": "homework", "title": "Homework", "each": "40", "count": 1},
        {"id": "midterm", "title": "Midterm", "each": "60", "count": 1},
    ]
    return factories.course(weights=weights)


@pytest.fixture
def homework(course: Course) -> Assignment:
    return factories.assignment(course)


@pytest.fixture
def midterm(course: Course) -> Exam:
    return Exam.objects.create(
        course=course, slug="midterm", title="Midterm", group="midterm", possible=Decimal(100)
    )


@pytest.fixture
def lect(course: Course) -> Membership:
    return factories.membership(course, factories.person("Lect"), Role.INSTRUCTOR)


@pytest.fixture
def ada(course: Course) -> Membership:
    return factories.membership(course, factories.person("Ada"))


def student(course: Course, name: str, **fields: Any) -> Membership:
    return factories.membership(course, factories.person(name), **fields)


def kept_back(made: Submission, reader: Membership) -> bool:
    """Whether a check that waits for the release is still kept from this reader."""
    job = made.jobs.get()
    access = submission_for(reader.user, made.pk)
    shown = results_json(job, access.audience, phase_for(access, NOW))["tests"]
    return "expected 42" not in json.dumps(shown)


def final(member: Membership, item: Assignment | Exam) -> tuple[str, Any]:
    """What the student's own grades say."""
    book = gradebook(member.course, now=NOW, student=member, audience=Audience.STUDENT)
    at = next(n for n, column in enumerate(book.columns) if column.slug == item.slug)
    return book.rows[0].cells[at].state.value, book.rows[0].cells[at].final


def told() -> list[str]:
    """Who has got mail since the last call."""
    send_waiting(NOW + timedelta(days=1))
    people = [address for message in mail.outbox for address in message.to]
    mail.outbox.clear()
    return sorted(people)


def test_a_homework_both_ways(homework: Assignment, lect: Membership, ada: Membership) -> None:
    """Points are seen at once; the checks that are kept back, and what was decided, with it."""
    score = factories.graded(homework, ada, 60)
    CheckResult.objects.create(
        job=score.job,
        position=2,
        check_id="hidden/test_all.py::test_kept_back",
        title="Kept back",
        problem="q1",
        max_points=0,
        points=0,
        outcome="failed",
        visibility="after_published",
        message="expected 42",
    )
    Override.objects.create(
        assignment=homework,
        student=ada,
        kind="points",
        points=Decimal(80),
        reason="A mistake of ours.",
        author=lect.user,
    )
    assert (kept_back(score.submission, ada), final(ada, homework)) == (True, ("scored", 60))
    assert not kept_back(score.submission, lect)
    assert release(homework, lect.user, now=NOW) == Released("Homework 1", 1)
    assert (kept_back(score.submission, ada), final(ada, homework)) == (False, ("scored", 80))
    assert withdraw(homework, lect.user)
    assert (kept_back(score.submission, ada), final(ada, homework)) == (True, ("scored", 60))
    assert not withdraw(homework, lect.user)
    entries = AuditEntry.objects.order_by("pk").values_list("action", "actor", "subject")
    subject = f"assignment {homework.pk}"
    assert list(entries) == [
        ("grades.released", lect.user.pk, subject),
        ("grades.withdrawn", lect.user.pk, subject),
    ]


def test_an_exam_both_ways(midterm: Exam, lect: Membership, ada: Membership) -> None:
    ExamScore.objects.create(
        exam=midterm, student=ada, points=Decimal(70), source="form", author=lect.user
    )
    assert final(ada, midterm) == ("not graded", None)
    assert release(midterm, lect.user, now=NOW).told == 1
    assert final(ada, midterm) == ("scored", 70)
    withdraw(midterm, lect.user)
    assert final(ada, midterm) == ("not graded", None)


def test_each_is_told_once_until_asked_otherwise(
    homework: Assignment, lect: Membership, ada: Membership
) -> None:
    """Whose grade is not there yet is told when it is, and nobody is told a number."""
    factories.graded(homework, ada, 60)
    gone = student(homework.course, "Gone", active=False)
    factories.graded(homework, gone, 60)
    bob = student(homework.course, "Bob")
    factories.job(factories.submission(homework, bob))
    release(homework, lect.user, now=NOW)
    send_waiting(NOW)
    (message,) = mail.outbox
    assert (message.to, message.subject) == (
        [ada.user.email],
        "COMP4551: your grade in Homework 1",
    )
    assert "60" not in message.body
    mail.outbox.clear()

    withdraw(homework, lect.user)
    release(homework, lect.user, now=NOW)
    assert told() == []
    factories.graded(homework, bob, 50)
    release(homework, lect.user, now=NOW)
    assert told() == [bob.user.email]
    release(homework, lect.user, now=NOW, tell_again=True)
    assert told() == [ada.user.email, bob.user.email]


def test_what_it_would_show(
    homework: Assignment, midterm: Exam, lect: Membership, ada: Membership
) -> None:
    """By the class as it stands; the number of queries is the same for any class."""
    access, course = course_for(lect.user, homework.course.slug), homework.course
    with CaptureQueriesContext(
        connection,
    ) as few:
        releases_page(access, NOW)
    factories.graded(homework, ada, 60)
    factories.job(factories.submission(homework, student(course, "Bob")))
    broken = factories.submission(homework, student(course, "Cy"))
    factories.job(broken, JobState.FAULT, verdict="system_fault")
    refused = factories.submission(homework, student(course, "Di"))
    factories.job(refused, JobState.REJECTED, verdict="rejected")
    student(course, "Ed")
    student(course, "Gone", active=False)
    with CaptureQueriesContext(connection) as many:
        page = releases_page(access, NOW)
    assert len(many) <= len(few) + 2
    first, exam = page.rows
    counts = (first.graded, first.waiting, first.faults, first.rejected, first.missing)
    assert counts == (1, 1, 1, 1, 1)
    assert (exam.graded, exam.waiting) == (0, 5)
    assert page.decides
