"""The queue as people and workers see it: whose turn it is, and how long it takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import (
    Case,
    Count,
    DateTimeField,
    ExpressionWrapper,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Now

from grader import gpus
from grader.domain.limits import expected_wait
from grader.domain.states import JobState, Lane
from grader.models import AssignmentVersion, GradingJob

_RECENTLY = timedelta(minutes=10)
_HISTORY = 30


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job stands in its queue; the first is 1."""

    position: int
    waiting: int
    expected: timedelta | None
    """Until its report is there; None without history."""


def in_order(lane: Lane) -> QuerySet[GradingJob]:
    """The jobs of a lane that may run now, next one first.

    Fair by student: whoever had fewer runs in the last minutes goes first, then who waits longer.
    A regrade's jobs come after all others, and are nobody's runs.
    """
    recent = (
        GradingJob.objects.filter(
            submission__student=OuterRef("submission__student"),
            started_at__gte=ago(_RECENTLY),
            shadow=False,
        )
        # A job that is tried again after a fault of ours would wait behind everybody for its
        # own first try.
        .exclude(pk=OuterRef("pk"))
        .order_by()
        .values("submission__student")
        .annotate(runs=Count("pk"))
        .values("runs")
    )
    return (
        GradingJob.objects.filter(lane=lane, state=JobState.QUEUED)
        .filter(Q(not_before__isnull=True) | Q(not_before__lte=Now()))
        .annotate(
            # Not counted for a regrade, of which thousands may wait.
            recent_runs=Case(
                When(shadow=True, then=Value(0)), default=Coalesce(Subquery(recent), 0)
            )
        )
        .order_by("shadow", "recent_runs", "queued_at", "pk")
    )


def place_of(job: GradingJob) -> Place | None:
    """Where the job stands; None when it does not wait, or waits for another day."""
    own = in_order(Lane(job.lane)).filter(shadow=False)
    waiting = list(own.values_list("pk", flat=True))
    if job.pk not in waiting:
        return None
    position = waiting.index(job.pk) + 1
    seconds = _past_runs(job)
    return Place(position, len(waiting), expected_wait(position, seconds, _workers(job)))


def waits_for_a_gpu(job: GradingJob) -> bool:
    """Whether nobody can take the job now, because no machine with a GPU is at work."""
    return job.lane == Lane.GPU and gpus.at_work(job.version.spec.gpus) is False


def waiting_for_gpus(version: AssignmentVersion | None) -> int:
    """How many uploads of a homework nobody can take now, for want of a GPU."""
    if version is None or not version.spec.gpus or gpus.at_work(version.spec.gpus) is not False:
        return 0
    return GradingJob.objects.filter(
        version__assignment=version.assignment_id,
        lane=Lane.GPU,
        state=JobState.QUEUED,
        shadow=False,
    ).count()


def _past_runs(job: GradingJob) -> list[float]:
    rows = GradingJob.objects.filter(
        version__assignment_id=job.version.assignment_id,
        state=JobState.DONE,
        shadow=False,
        started_at__isnull=False,
    ).order_by("-finished_at")
    spans = rows.values_list("started_at", "finished_at")[:_HISTORY]
    return [(end - start).total_seconds() for start, end in spans if start and end]


def _workers(job: GradingJob) -> int:
    """How many processes have worked on this lane of late."""
    rows = GradingJob.objects.filter(lane=job.lane, started_at__gte=ago(_RECENTLY))
    return max(rows.values("lease_owner").distinct().count(), 1)


def ago(span: timedelta) -> Combinable:
    """A moment of the past, by the database's clock."""
    return ExpressionWrapper(Now() - Value(span), output_field=DateTimeField())
