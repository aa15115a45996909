"""Submission → GradingJob, and the bell that tells the workers.

Reads `Submission`. Writes `GradingJob`. Idempotent because a submission has at most one active job
for each version.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Now
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from assignments.spec import AssignmentSpec
from grader import gpus
from grader.celery import BELL, GRADE, app
from grader.deadlines import due_for
from grader.domain.lateness import days_late
from grader.domain.limits import attempts_left, next_attempt
from grader.domain.states import JobState, Lane
from grader.models import AssignmentVersion, GradingJob, Regrade, Submission

log = logging.getLogger(__name__)


def enqueue(submission: Submission, lane: Lane) -> GradingJob:
    """Write the job, in the caller's transaction; the bell is rung when that is committed.

    `lane` is what `lane_of` gave before the transaction began: it may have to wait for an answer.
    """
    version = submission.assignment.version
    assert version is not None
    _supersede(submission)
    return _queued(submission, version, lane, _not_before(submission, version.spec))


def enqueue_again(submission: Submission, lane: Lane) -> GradingJob:
    """A job more for a submission that met our fault, by the content in force; else as above.

    It takes nobody's place in the queue, and waits for no other day.
    """
    version = submission.assignment.version
    assert version is not None
    return _queued(submission, version, lane, None)


def enqueue_shadows(regrade: Regrade, submissions: Sequence[int], lane: Lane) -> None:
    """Jobs of a regrade, beside what counts, in the caller's transaction; bells after the commit.

    `lane` is `lane_of_regrade`'s. A submission that waits in such a job already gets no other.
    """
    GradingJob.objects.bulk_create(
        (
            GradingJob(
                submission_id=key, version=regrade.version, lane=lane, regrade=regrade, shadow=True
            )
            for key in submissions
        ),
        ignore_conflicts=True,
    )
    made = GradingJob.objects.filter(
        regrade=regrade, submission__in=submissions, state=JobState.QUEUED, rung_at__isnull=True
    )
    keys = list(made.order_by("pk").values_list("pk", flat=True))
    transaction.on_commit(lambda: ring_all(keys, lane), robust=True)


def _queued(
    submission: Submission, version: AssignmentVersion, lane: Lane, not_before: datetime | None
) -> GradingJob:
    job = GradingJob.objects.create(
        submission=submission, version=version, lane=lane, not_before=not_before
    )
    # No `partial`: Django asks a function that fails for a name that only plain ones have, and the
    # upload, which is taken by then, would be answered with an error.
    transaction.on_commit(lambda: ring(job.pk, lane), robust=True)
    return job


def lane_of(spec: AssignmentSpec) -> Lane:
    """Where a student's upload waits: for a GPU only where one is needed, or at work now."""
    if not spec.gpus or (may_do_without(spec) and not gpus.at_work(spec.gpus)):
        return Lane.INTERACTIVE
    return Lane.GPU


def lane_of_regrade(spec: AssignmentSpec) -> Lane:
    """Where a regrade waits: behind all students, and for a GPU as an upload would."""
    return Lane.GPU if lane_of(spec) == Lane.GPU else Lane.BULK


def may_do_without(spec: AssignmentSpec) -> bool:
    """Whether a homework that asks for a GPU is graded on the CPU where there is none."""
    return spec.without_gpu == "cpu"


def ring(job_id: int, lane: Lane) -> bool:
    """Tell the workers that something waits. Failing is no error: the sweep rings again."""
    return ring_all([job_id], lane) == 1


def ring_all(job_ids: Sequence[int], lane: Lane) -> int:
    """The same for many jobs of a lane; gives how many bells were heard."""
    rung: list[int] = []
    try:
        with app.connection_for_write(transport_options=BELL) as connection:
            for job_id in job_ids:
                app.send_task(GRADE, [job_id], queue=lane.value, connection=connection, retry=False)
                rung.append(job_id)
    except (KombuError, RedisError, OSError) as error:
        unheard = job_ids[len(rung)]
        log.warning("the bell for job %d was not heard: %s", unheard, error)
    GradingJob.objects.filter(pk__in=rung, state=JobState.QUEUED).update(rung_at=Now())
    return len(rung)


def attempts_used(submission: Submission, since: datetime) -> list[datetime]:
    """When the student's earlier attempts came in that count towards a day's number.

    One that met our own fault costs nothing. Nor does one that was superseded, for it told nobody
    a score, unless it brought other answers than the one before: those are judged on arrival.
    What a regrade gave costs no attempt and gives none back, as long as it does not count.
    """
    rows = Submission.objects.filter(student=submission.student, assignment=submission.assignment)
    jobs = GradingJob.objects.filter(submission=OuterRef("pk"), shadow=False)
    rows = (
        rows.exclude(pk=submission.pk)
        .exclude(Exists(jobs.filter(state__in=(JobState.FAULT, JobState.REJECTED))))
        .annotate(
            superseded=Exists(jobs.filter(state=JobState.SUPERSEDED)),
            held_back=Exists(jobs.filter(not_before__gt=F("finished_at"))),
        )
        .order_by("received_at", "pk")
    )
    used, told = [], None
    for row in rows.only("received_at", "answers"):
        tells = bool(row.answers) and row.answers != told and not row.held_back
        if (tells or not row.superseded) and row.received_at >= since:
            used.append(row.received_at)
        told = row.answers if tells or not row.superseded else told
    return used


def _not_before(submission: Submission, spec: AssignmentSpec) -> datetime | None:
    """The next day, when today's attempts are used up. The upload itself is never refused."""
    now, zone = submission.received_at, submission.assignment.course.zone
    earlier = attempts_used(submission, now - timedelta(days=2))
    left = attempts_left(spec.attempts_per_day, earlier, now, zone)
    return next_attempt(now, zone) if left is not None and left <= 0 else None


def _supersede(submission: Submission) -> None:
    """Take older uploads that still wait out of the queue, where that costs the student nothing."""
    waiting = GradingJob.objects.filter(
        state=JobState.QUEUED,
        shadow=False,
        submission__student=submission.student,
        submission__assignment=submission.assignment,
    ).select_related("submission")
    lateness = _days_late(submission)
    # An upload that was less late than the new one keeps its own chance to count.
    replaced = [job.pk for job in waiting if _days_late(job.submission) >= lateness]
    GradingJob.objects.filter(pk__in=replaced, state=JobState.QUEUED).update(
        state=JobState.SUPERSEDED, finished_at=Now()
    )


def _days_late(submission: Submission) -> int:
    assignment = submission.assignment
    course = assignment.course
    due = due_for(assignment, submission.student)
    return days_late(due, submission.received_at, course.late_policy, course.zone)
