"""The order after the queue: execute, then record, score and publish in one transaction."""

from __future__ import annotations

import logging
import time

from django.db import InterfaceError, OperationalError, connection, transaction

from grader import alerts, live, logs
from grader.domain.states import JobState, Lane
from grader.models import GradingJob
from grader.pipeline.execute import claim, execute
from grader.pipeline.lease import Lease
from grader.pipeline.publish import publish
from grader.pipeline.record import record
from grader.pipeline.score import score
from runners.contract import RunReport, Verdict

log = logging.getLogger(__name__)
_OFFERED_AGAIN_AFTER = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0)
"""Seconds for which a report waits for a database that is away, or whose disk is full."""


def grade_next(lane: Lane, owner: str) -> int | None:
    """Grade the job of this lane whose turn it is; its id, or None when nothing waits."""
    lease = claim(lane, owner)
    if lease is None:
        return None
    ids = {"submission": lease.submission_id, "job": lease.job_id, "attempt": lease.attempt}
    with logs.about(**ids, lane=lane.value):
        return _grade(lease)


def _grade(lease: Lease) -> int:
    feed = live.Feed(lease.job_id, lease.attempt)
    report = execute(lease, feed.publish)
    job = _settled(lease, report)
    if job is None:
        log.warning("job %d: the report of attempt %d is refused", *_names(lease))
        return lease.job_id
    feed.finish(job.state)
    log.info("job %d: %s, %s", job.pk, job.state, job.verdict)
    return job.pk


def _settled(lease: Lease, report: RunReport) -> GradingJob | None:
    for seconds in _OFFERED_AGAIN_AFTER:
        try:
            return _settled_or_fault(lease, report)
        except (InterfaceError, OperationalError) as error:
            # What was run is worth keeping: another attempt would cost minutes, and one of three.
            log.warning(
                "job %d: the report of attempt %d is offered again: %s", *_names(lease), error
            )
            connection.close()
            time.sleep(seconds)
    return _settled_or_fault(lease, report)


def _settled_or_fault(lease: Lease, report: RunReport) -> GradingJob | None:
    try:
        return settle(lease, report)
    except (InterfaceError, OperationalError):
        raise
    except Exception as error:
        # A report that the tables do not take, taken again and again, would end in silence.
        log.exception("job %d: the report of attempt %d is not taken", *_names(lease))
        detail = f"The report could not be kept: {error!r}"
        return settle(lease, RunReport(verdict=Verdict.SYSTEM_FAULT, staff_detail=detail))


def _names(lease: Lease) -> tuple[int, int]:
    return lease.job_id, lease.attempt


def settle(lease: Lease, report: RunReport) -> GradingJob | None:
    """Take a report with all that follows from it, or nothing of it.

    What a regrade gives is kept beside what counts: it is scored when somebody accepts it.
    """
    with transaction.atomic():
        job = record(lease, report)
        if job is None:
            return None
        if not job.shadow and score(job) is not None:
            publish(job.submission.assignment, job.submission.student)
        if job.state == JobState.FAULT:
            alerts.fault(job)
    return job
