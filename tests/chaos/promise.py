"""Promise 2, asked of the database: each upload has exactly one current result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from grader.domain.states import ACTIVE
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


@dataclass
class Ledger:
    """How many submissions are as promised, and in which way the others are not."""

    graded: int = 0
    lost: int = 0
    """At an end, and without a result."""
    doubled: int = 0
    stuck: int = 0
    wrong: int = 0
    """Other points than were earned."""

    @property
    def broken(self) -> int:
        """How many are not as promised."""
        return self.lost + self.doubled + self.stuck + self.wrong


def looked_through(submissions: Iterable[Submission]) -> Ledger:
    """Each should have one graded job, one set of results, one score of all points, one grade."""
    ledger = Ledger()
    for made in submissions:
        jobs = GradingJob.objects.filter(submission=made)
        scores = list(Score.objects.filter(submission=made).values_list("final", flat=True))
        found = (
            jobs.filter(state="done").count(),
            CheckResult.objects.filter(job__in=jobs).count() / CHECKS,
            len(scores),
            GradeEntry.objects.filter(student=made.student_id).count(),
        )
        if jobs.filter(state__in=ACTIVE).exists():
            ledger.stuck += 1
        elif max(found) > 1:
            ledger.doubled += 1
        elif min(found) < 1:
            ledger.lost += 1
        elif scores != [POINTS]:
            ledger.wrong += 1
        else:
            ledger.graded += 1
    return ledger
