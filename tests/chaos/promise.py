"""Promise 2, asked of the database: each upload has exactly one current result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from grader.models import CheckResult, GradeEntry, GradingJob, Score, Submission

CHECKS = 3
POINTS = Decimal(10)
"""What a right solution of the small homework earns."""


def ended(submissions: Iterable[Submission]) -> bool:
    """Whether each has been graded."""
    states = GradingJob.objects.filter(submission__in=submissions).values_list("state", flat=True)
    return set(states) == {"done"}


def graded_once(submissions: Sequence[Submission], attempts: Sequence[int]) -> None:
    """Each has one job, one set of results and one score of ten points, after so many attempts."""
    jobs = GradingJob.objects.filter(submission__in=submissions).order_by("submission_id")
    assert [(job.submission_id, job.state, job.attempt) for job in jobs] == [
        (made.pk, "done", attempt) for made, attempt in zip(submissions, attempts, strict=True)
    ]
    results = CheckResult.objects.filter(job__in=jobs)
    assert results.count() == CHECKS * len(submissions)
    scores = Score.objects.filter(submission__in=submissions).order_by("submission_id")
    assert list(scores.values_list("submission", "final")) == [
        (made.pk, POINTS) for made in submissions
    ]
    students = {made.student_id for made in submissions}
    assert GradeEntry.objects.filter(student__in=students).count() == len(students)
