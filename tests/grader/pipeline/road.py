"""The small homework on its road: uploads, reports as values, and callers at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any, TypeVar

from django.db import connection

from grader.domain.states import Lane
from grader.models import Assignment, GradingJob, Membership, Submission
from grader.pipeline.execute import claim
from grader.pipeline.grade import settle
from grader.pipeline.hand_in import hand_in
from grader.pipeline.lease import Lease
from runners.contract import CheckResult, Outcome, RunReport, Verdict, Visibility
from tests.assignments.homework import FILES
from tests.factories import ON_TIME

T = TypeVar("T")
RIGHT: Mapping[str, bytes] = {
    name: FILES[f"solution/{name}"].encode() for name in ("question1.py", "question2.py")
}
SYSTEM_FAULT = RunReport(verdict=Verdict.SYSTEM_FAULT, staff_detail="no sandbox started")
_serial = count(1)


def upload(
    assignment: Assignment,
    student: Membership,
    received_at: datetime = ON_TIME,
    *,
    files: Mapping[str, bytes] = RIGHT,
    token: str = "",
) -> Submission:
    """Hand in by a form of its own, or by the one with this token."""
    return hand_in(
        assignment,
        student,
        files=files,
        received_at=received_at,
        token=token or f"form {next(_serial)}",
    )


def job_of(submission: Submission) -> GradingJob:
    """Its one job, as the database has it now."""
    return GradingJob.objects.get(submission=submission)


def check(number: int = 1, points: Any = 10, of: Any = 10, **fields: Any) -> CheckResult:
    """A check that earned `points` of `of`."""
    passed = Decimal(points) == Decimal(of)
    plain: dict[str, Any] = {
        "id": f"hidden/test_question1.py::test_{number}",
        "title": f"Check {number}",
        "problem": "add",
        "points": Decimal(points),
        "max_points": Decimal(of),
        "outcome": Outcome.PASSED if passed else Outcome.FAILED,
        "visibility": Visibility.HIDDEN,
    }
    return CheckResult(**{**plain, **fields})


def report(*checks: CheckResult, **fields: Any) -> RunReport:
    """A run that graded these checks; without any, one that earned all 10 points."""
    return RunReport(**{"verdict": Verdict.GRADED, "checks": checks or (check(),), **fields})


def earned(points: Any) -> RunReport:
    """A run that earned `points` of 10."""
    return report(check(points=points))


def take(lane: Lane = Lane.INTERACTIVE, owner: str = "worker") -> Lease:
    """Take the job whose turn it is; there must be one."""
    lease = claim(lane, owner)
    assert lease is not None, "nothing waits"
    return lease


def grade(submission: Submission, outcome: RunReport | None = None) -> GradingJob:
    """Have the submission's job, which is next, end with this report."""
    lease = take()
    assert lease.job_id == job_of(submission).pk, "another submission is next"
    job = settle(lease, outcome or report())
    assert job is not None
    return job


def at_once(*calls: Callable[[], T]) -> list[T]:
    """What each call gives; all begin at the same moment, each in a thread of its own."""
    barrier = threading.Barrier(len(calls))

    def one(call: Callable[[], T]) -> T:
        try:
            barrier.wait()
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))
