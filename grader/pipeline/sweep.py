"""Repairs the road: what a lost worker, message or broker left behind. Runs every half minute.

Reads and writes `GradingJob` by the database's clock. Idempotent because each step is a conditional
update, so that two sweeps at once do no more than one.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from grader import alerts, gpus, heartbeats
from grader.domain.states import (
    MAX_ATTEMPTS,
    RING_AGAIN_AFTER,
    RING_AGAIN_IN_BULK,
    JobState,
    Lane,
)
from grader.models import AssignmentVersion, GradingJob
from grader.pipeline.enqueue import may_do_without, ring
from grader.pipeline.lease import ended
from grader.queries.queue import ago

log = logging.getLogger(__name__)
_BELLS = 500
_LOST = "The worker was lost in each of the attempts."


@dataclass(frozen=True, slots=True)
class Swept:
    """How many jobs were given back to the queue, given up, and rung for again."""

    returned: int
    given_up: int
    rung: int
    moved: int = 0
    """How many that waited for a GPU are graded without one."""


def sweep() -> Swept:
    """Return expired leases, give up what was tried too often, ring for what waits."""
    began = time.monotonic()
    given_up = _give_up()
    returned = (
        _expired()
        .filter(attempt__lt=MAX_ATTEMPTS)
        .update(state=JobState.QUEUED, lease_owner="", lease_until=None, rung_at=None)
    )
    moved, unserved = _look_for_gpus()
    swept = Swept(returned, given_up, _ring_again(unserved), moved)
    if returned or given_up:
        log.warning("sweep: %d jobs returned, %d given up", returned, given_up)
    heartbeats.well(heartbeats.SWEEP, time.monotonic() - began)
    return swept


def _expired() -> QuerySet[GradingJob]:
    return GradingJob.objects.filter(state=JobState.RUNNING, lease_until__lt=Now())


def _give_up() -> int:
    count = 0
    for job in _expired().filter(attempt__gte=MAX_ATTEMPTS):
        with transaction.atomic():
            count += _fault(job)
    return count


def _fault(job: GradingJob) -> int:
    """End one job that its workers never came back from."""
    taken = (
        _expired()
        .filter(pk=job.pk, attempt=job.attempt)
        .update(
            state=JobState.FAULT,
            verdict="system_fault",
            staff_detail=_LOST,
            finished_at=ended(),
            lease_owner="",
            lease_until=None,
        )
    )
    if taken:
        alerts.fault(GradingJob.objects.get(pk=job.pk))
    return taken


def _look_for_gpus() -> tuple[int, list[int]]:
    """Have graded without a GPU what may be, where its workers are gone.

    Gives how many, and the versions of which the others wait until such a worker is back.
    """
    moved, unserved = 0, []
    waiting = GradingJob.objects.filter(state=JobState.QUEUED, lane=Lane.GPU)
    asked = waiting.order_by().values("version").distinct()
    for version in AssignmentVersion.objects.filter(pk__in=asked):
        if gpus.at_work(version.spec.gpus) is not False:
            continue
        if may_do_without(version.spec):
            for shadow, lane in ((False, Lane.INTERACTIVE), (True, Lane.BULK)):
                rows = waiting.filter(version=version, shadow=shadow)
                moved += rows.update(lane=lane, rung_at=None)
        else:
            unserved.append(version.pk)
    return moved, unserved


def _ring_again(unserved: list[int]) -> int:
    """Ring for what waits; not for whom nobody would hear, or bells would pile up for days.

    Nor for all of a regrade again and again, which may wait for hours: for those whose turn is
    next. Students come first.
    """
    due = Q(not_before__isnull=True) | Q(not_before__lte=Now())
    waiting = GradingJob.objects.filter(due, state=JobState.QUEUED).order_by("queued_at", "pk")
    waiting = waiting.exclude(lane=Lane.GPU, version__in=unserved)
    own = waiting.filter(_unheard(RING_AGAIN_AFTER), shadow=False).values_list("pk", "lane")
    turn = list(waiting.filter(shadow=True).values_list("pk", flat=True)[:_BELLS])
    shadows = waiting.filter(_unheard(RING_AGAIN_IN_BULK), pk__in=turn).values_list("pk", "lane")
    rung = 0
    for job_id, lane in [*own[:_BELLS], *shadows]:
        if not ring(job_id, Lane(lane)):
            break  # the broker is away: the next sweep tries again
        rung += 1
    return rung


def _unheard(span: timedelta) -> Q:
    return Q(rung_at__isnull=True) | Q(rung_at__lt=ago(span))
