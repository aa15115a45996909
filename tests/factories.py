"""Rows for tests, as plain as can be. What the road itself can write, tests have it write."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from django.db import transaction

from grader.domain.lateness import LatePolicy
from grader.domain.states import JobState, Role
from grader.models import (
    Assignment,
    CheckResult,
    Course,
    GradingJob,
    Membership,
    Score,
    Section,
    Submission,
    User,
)
from grader.pipeline.publish import publish
from grader.pipeline.score import score
from grader.versions import store_version

ROOT = Path(__file__).resolve().parents[1]
HW1 = ROOT / "assignments" / "hw1"
PASSWORD = "a word that only tests use"
OPENS = datetime(2026, 3, 1, tzinfo=UTC)
DUE = datetime(2026, 3, 10, 15, 59, tzinfo=UTC)
"""23:59 in Hong Kong."""
ON_TIME = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)

_serial = count(1)


def person(name: str = "Ada", **fields: Any) -> User:
    """Somebody who signs in with `PASSWORD`; the address is made of the name."""
    email = fields.pop("email", f"{name.lower().replace(' ', '.')}@example.edu")
    user = User.objects.create_user(email, name, PASSWORD)
    for field, value in fields.items():
        setattr(user, field, value)
    user.save()
    return user


def course(slug: str = "comp4551", **fields: Any) -> Course:
    """A course by the rules of COMP4551: 20 % for each late day, the best upload counts."""
    plain: dict[str, Any] = {
        "code": slug.upper(),
        "title": "Large-Scale Machine Learning for Foundation Models",
        "timezone": "Asia/Hong_Kong",
        "late_policy": LatePolicy(rate=Decimal("0.20")),
    }
    return Course.objects.create(slug=slug, **{**plain, **fields})


def section(course: Course, name: str = "L1") -> Section:
    """A part of the class."""
    return Section.objects.create(course=course, name=name)


def membership(
    course: Course, user: User | None = None, role: Role = Role.STUDENT, **fields: Any
) -> Membership:
    """A person's part in a course; without a person, somebody new."""
    who = user or person(f"Person {next(_serial)}")
    return Membership.objects.create(course=course, user=who, role=role.value, **fields)


def assignment(
    course: Course, slug: str = "hw1", folder: Path | None = HW1, **fields: Any
) -> Assignment:
    """A homework with the content of `folder`, or with none yet."""
    plain: dict[str, Any] = {
        "title": f"Homework {slug.removeprefix('hw')}",
        "opens_at": OPENS,
        "due_at": DUE,
    }
    made = Assignment.objects.create(course=course, slug=slug, **{**plain, **fields})
    if folder is not None:
        made.version = store_version(made, folder)
        made.save()
    return made


def submission(
    assignment: Assignment, student: Membership, received_at: datetime = ON_TIME
) -> Submission:
    """An upload without files, and without a job."""
    return Submission.objects.create(
        assignment=assignment,
        student=student,
        received_at=received_at,
        token=f"token {next(_serial)}",
    )


def job(submission: Submission, state: JobState = JobState.QUEUED, **fields: Any) -> GradingJob:
    """A job of this submission for the content that is in force."""
    version = submission.assignment.version
    assert version is not None, "the homework has no content"
    return GradingJob.objects.create(
        submission=submission, version=version, state=state.value, **fields
    )


def graded(
    assignment: Assignment, student: Membership, points: Any, received_at: datetime = ON_TIME
) -> Score:
    """A finished submission that earned `points` in one check, scored and published."""
    verdict = {"verdict": "graded", "attempt": 1, "finished_at": datetime.now(UTC)}
    done = job(submission(assignment, student, received_at), JobState.DONE, **verdict)
    assert assignment.version is not None
    CheckResult.objects.create(
        job=done,
        position=1,
        check_id="hidden/test_all.py::test_all",
        title="Everything works",
        problem=assignment.version.spec.code_problems[0].id,
        max_points=assignment.version.points,
        points=Decimal(points),
        outcome="passed" if Decimal(points) == assignment.version.points else "failed",
        visibility="hidden",
    )
    with transaction.atomic():
        made = score(done)
        publish(assignment, student)
    assert made is not None
    return made
