"""RunReport → CheckResult: ends the job, and keeps what each check gave.

Reads the report. Writes the job's final state and `CheckResult`, in the caller's transaction.
Idempotent because a report is taken only while the row still has the attempt that made it.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from django.conf import settings

from grader.domain.states import MAX_ATTEMPTS, RETRY_AFTER, JobState
from grader.models import CheckResult, GradingJob
from grader.pipeline.lease import Lease, ended, from_now
from runners import receipt
from runners.contract import RunReport, Verdict
from runners.text import clean

_STATES = {
    Verdict.GRADED: JobState.DONE,
    Verdict.REJECTED: JobState.REJECTED,
    Verdict.ASSIGNMENT_FAULT: JobState.FAULT,
    Verdict.SYSTEM_FAULT: JobState.FAULT,
}
_TITLE = 500


def record(lease: Lease, report: RunReport) -> GradingJob | None:
    """End the job as the report says; None when the lease was lost and the report is refused.

    A fault of ours gives the job back to the queue, until its attempts are used up.
    """
    held = GradingJob.objects.filter(pk=lease.job_id, state=JobState.RUNNING, attempt=lease.attempt)
    again = report.verdict is Verdict.SYSTEM_FAULT and lease.attempt < MAX_ATTEMPTS
    change = _requeued() if again else {"state": _STATES[report.verdict], "finished_at": ended()}
    if not held.update(**change, **_facts(report), lease_owner="", lease_until=None):
        return None
    if report.verdict is Verdict.GRADED:
        CheckResult.objects.bulk_create(_rows(lease.job_id, report))
    return GradingJob.objects.select_related("submission__assignment__course", "version").get(
        pk=lease.job_id
    )


def _requeued() -> dict[str, Any]:
    return {"state": JobState.QUEUED, "not_before": from_now(RETRY_AFTER), "rung_at": None}


def _facts(report: RunReport) -> dict[str, Any]:
    key = settings.SANDGLASS_RECEIPT_KEY.encode()
    return {
        "verdict": report.verdict.value,
        "reason": clean(report.reason),
        "staff_detail": clean(report.staff_detail),
        "notices": [clean(notice) for notice in report.notices],
        "receipt": receipt.sign(report.receipt, key) if report.receipt else {},
        "resources": dataclasses.asdict(report.resources),
    }


def _rows(job_id: int, report: RunReport) -> list[CheckResult]:
    return [
        CheckResult(
            job_id=job_id,
            position=position,
            check_id=check.id,
            title=clean(check.title)[:_TITLE],
            problem=check.problem,
            max_points=check.max_points,
            points=check.points,
            outcome=check.outcome.value,
            visibility=check.visibility.value,
            hint=clean(check.hint),
            mistake=clean(check.mistake),
            message=clean(check.message),
            output=clean(check.output),
            traceback=clean(check.traceback),
            seconds=check.seconds,
        )
        for position, check in enumerate(report.checks, start=1)
    ]
