"""A course as it is at the end of a term, made by as few statements as can be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

from grader.domain.states import Role
from grader.models import (
    Assignment,
    CheckResult,
    Course,
    Exam,
    ExamScore,
    GradeEntry,
    GradingJob,
    Membership,
    Override,
    Score,
    Submission,
    User,
)
from tests import factories
from tests.factories import DUE

END = DUE + timedelta(days=90)
WEIGHTS = [
    {"id": "homework", "title": "Homework", "each": "5", "count": 4},
    {"id": "midterm", "title": "Midterm", "each": "30", "count": 1},
    {"id": "final", "title": "Final exam", "each": "50", "count": 1},
]
NAMES = ("=HYPERLINK(1)", "+1 Ada", "-Bob", "@SUM(A1)", "陳 嘉儀", 'O"Neil, Zoé', "\tTab")
POSSIBLE = Decimal(10)


def a_class(folder: Path, students: int, *, checks: int = 25, homeworks: int = 4) -> Course:
    """`students` students, every grade given; every seventh has something out of the ordinary.

    That is in turn: a homework missing, one excused, all homeworks excused, one overridden, no
    final yet, one late, and one who withdrew.
    """
    course = factories.course(weights=WEIGHTS)
    author = factories.membership(course, factories.person("Lecturer"), Role.INSTRUCTOR).user
    works = [factories.assignment(course, f"hw{n}", folder) for n in range(1, homeworks + 1)]
    exams = [
        Exam.objects.create(course=course, slug=id_, title=title, group=id_, possible=100)
        for id_, title in (("midterm", "Midterm"), ("final", "Final exam"))
    ]
    people = User.objects.bulk_create(
        User(email=f"s{n:04}@example.edu", name=f"{NAMES[n % 7]} {n}", password="!")
        for n in range(students)
    )
    sections = [factories.section(course, name) for name in ("L1", "L2")]
    members = Membership.objects.bulk_create(
        Membership(
            course=course,
            user=person,
            role="student",
            student_number=f"2099{n:04}",
            section=sections[n % 2],
            active=n % 7 != 6,
        )
        for n, person in enumerate(people)
    )
    numbered = [(n, member) for n, member in enumerate(members)]
    graded = [
        (n, member, work)
        for (n, member), work in product(numbered, works)
        if not (n % 7 == 0 and work is works[0])
    ]
    _grades(graded, checks, course)
    ExamScore.objects.bulk_create(
        ExamScore(exam=exam, student=member, points=(n * 7 % 101), source="csv", author=author)
        for (n, member), exam in product(numbered, exams)
        if not (n % 7 == 4 and exam is exams[1])
    )
    Override.objects.bulk_create(_overrides(numbered, works, author))
    return course


def _grades(graded: list[tuple[int, Membership, Assignment]], checks: int, course: Course) -> None:
    submissions = Submission.objects.bulk_create(
        Submission(
            assignment=work,
            student=member,
            received_at=DUE + timedelta(days=n % 7 == 5, minutes=-5),
            token=f"form {n} {work.pk}",
        )
        for n, member, work in graded
    )
    done: Any = {"state": "done", "verdict": "graded", "attempt": 1, "finished_at": END}
    jobs = GradingJob.objects.bulk_create(
        GradingJob(submission=each, version=each.assignment.version, **done) for each in submissions
    )
    each_of = POSSIBLE / checks
    CheckResult.objects.bulk_create(
        CheckResult(
            job=job,
            position=number,
            check_id=f"hidden/test_all.py::test_{number}",
            title=f"=Check {number}" if number == 1 else f"Check {number}",
            problem="add",
            max_points=each_of,
            points=each_of if (job.pk + number) % 5 else 0,
            outcome="passed",
            visibility="hidden",
        )
        for job, number in product(jobs, range(1, checks + 1))
    )
    scores = Score.objects.bulk_create(
        Score(
            submission=job.submission,
            job=job,
            raw=Decimal(n * 13 % 1001) / 100,
            possible=POSSIBLE,
            due_at=DUE,
            late_days=n % 7 == 5,
            penalty=Decimal(n * 13 % 1001) / 500 if n % 7 == 5 else 0,
            final=(Decimal(n * 13 % 1001) * (4 if n % 7 == 5 else 5) / 500).quantize(
                Decimal("0.01")
            ),
            reason="",
            policy=course.late_policy,
        )
        for (n, _, _), job in zip(graded, jobs, strict=True)
    )
    GradeEntry.objects.bulk_create(
        GradeEntry(assignment=work, student=member, score=score)
        for (_, member, work), score in zip(graded, scores, strict=True)
    )


def _overrides(
    numbered: list[tuple[int, Membership]], works: list[Assignment], author: User
) -> list[Override]:
    plain: Any = {"author": author, "reason": "as was agreed"}
    found = []
    for n, member in numbered:
        own = plain | {"student": member}
        if n % 7 == 1:
            found.append(Override(assignment=works[0], kind="excused", **own))
        if n % 7 == 2:
            found += [Override(assignment=work, kind="excused", **own) for work in works]
        if n % 7 == 3:
            found.append(Override(assignment=works[0], kind="points", points="9.87", **own))
    return found


NOW = datetime(2026, 6, 30, tzinfo=UTC)
