"""A class as large as they come, written at once: for tests of what must stay fast."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from grader.domain.lateness import penalise
from grader.domain.states import JobState, Role
from grader.models import (
    Assignment,
    Course,
    Exam,
    ExamScore,
    GradeEntry,
    GradingJob,
    Membership,
    Score,
    Submission,
    User,
)
from tests import factories
from tests.factories import DUE, HW1

WEIGHTS = [
    {"id": "homework", "title": "Homework", "each": "5", "count": 4},
    {"id": "midterm", "title": "Midterm", "each": "30", "count": 1},
    {"id": "final", "title": "Final exam", "each": "50", "count": 1},
]
_FULL = Decimal(100)


def large_class(
    students: int = 1000, *, uploads: int = 1, folder: Path = HW1, seed: int = 1
) -> Course:
    """A course with four homeworks, two exams and its instructor `Lee`; the same for each seed.

    One student of ten has not handed in a homework, and one of ten has no points in the final.
    """
    chance = Random(seed)
    course = factories.course(weights=WEIGHTS)
    author = factories.membership(course, factories.person("Lee"), Role.INSTRUCTOR).user
    class_ = _students(course, students)
    for number in range(1, 5):
        homework = factories.assignment(course, f"hw{number}", folder, position=number)
        _hand_in(homework, class_, uploads, chance)
    for position, slug in enumerate(("midterm", "final")):
        exam = Exam.objects.create(
            course=course,
            slug=slug,
            title=slug.title(),
            group=slug,
            position=position,
            possible=120,
        )
        ExamScore.objects.bulk_create(
            ExamScore(
                exam=exam,
                student=student,
                author=author,
                source="csv",
                points=Decimal(chance.randint(0, 12000)).scaleb(-2),
            )
            for student in class_
            if slug == "midterm" or chance.randrange(10)
        )
    return course


def _students(course: Course, number: int) -> list[Membership]:
    sections = [factories.section(course, f"L{n}") for n in (1, 2)]
    people = User.objects.bulk_create(
        User(email=f"s{n:05}@example.edu", name=f"Student {n:05}", password="!")
        for n in range(number)
    )
    return Membership.objects.bulk_create(
        Membership(
            course=course,
            user=person,
            role=Role.STUDENT.value,
            section=sections[n % len(sections)],
            student_number=f"2{n:07}",
        )
        for n, person in enumerate(people)
    )


def _hand_in(homework: Assignment, class_: list[Membership], uploads: int, chance: Random) -> None:
    """Submissions, their finished jobs, scores, and which of them counts: the last one."""
    submissions = Submission.objects.bulk_create(
        Submission(
            assignment=homework,
            student=student,
            received_at=DUE + timedelta(hours=chance.randint(-100, 50), seconds=n),
            token=f"{homework.pk} {n}",
        )
        for student in class_
        if chance.randrange(10)
        for n in range(uploads)
    )
    jobs = GradingJob.objects.bulk_create(
        GradingJob(
            submission=submission,
            version=homework.version,
            state=JobState.DONE.value,
            verdict="graded",
            attempt=1,
            finished_at=datetime.now(UTC),
        )
        for submission in submissions
    )
    scores = Score.objects.bulk_create(_score(homework, job, chance) for job in jobs)
    counted = {score.submission.student_id: score for score in scores}
    GradeEntry.objects.bulk_create(
        GradeEntry(assignment=homework, student_id=student, score=score)
        for student, score in counted.items()
    )


def _score(homework: Assignment, job: GradingJob, chance: Random) -> Score:
    raw = Decimal(chance.randint(0, 200)) / 2
    days = max(0, -(-(job.submission.received_at - DUE) // timedelta(days=1)))
    policy = homework.course.late_policy
    result = penalise(raw, _FULL, days, policy)
    return Score(
        submission=job.submission,
        job=job,
        raw=raw,
        possible=_FULL,
        due_at=homework.due_at,
        late_days=days,
        penalty=result.penalty,
        final=result.final,
        reason=result.reason,
        policy=policy,
    )
