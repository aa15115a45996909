"""What the tables say in numbers: jobs by how they stand, and how long the parts of a run take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q
from django.db.models.functions import Now

from grader.domain.passback import PassbackState
from grader.domain.states import FINAL, JobState
from grader.models import GradingJob, Passback, Submission
from grader.queries.queue import ago

LATELY = timedelta(minutes=15)
_NEWEST = 500
UNDONE = (PassbackState.WAITING.value, PassbackState.PARKED.value)
"""States of a grade that a learning management system should have and does not."""
WAITS = ExpressionWrapper(Now() - F("created_at"), output_field=DurationField())
PHASES = ("queue", "start", "collect", "load", "checks", "record")
"""What a submission waits for, in this order."""


@dataclass(frozen=True, slots=True)
class JobCount:
    """How many jobs there are of a kind."""

    lane: str
    state: str
    verdict: str
    count: int
    repeated: int
    """Those of them that took more than one attempt."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The seconds of a phase over the runs of late."""

    median: float
    high: float
    """What nineteen of twenty stay below."""
    runs: int


def job_counts() -> list[JobCount]:
    """All jobs that there ever were; one query. Not those of regrades that do not count."""
    rows = (
        GradingJob.objects.filter(shadow=False).order_by().values_list("lane", "state", "verdict")
    )
    counted = rows.annotate(n=Count("pk"), repeated=Count("pk", filter=Q(attempt__gt=1)))
    return [JobCount(*row) for row in counted]


def shadow_counts() -> dict[str, int]:
    """The jobs of regrades that do not count, or not yet, by their state; one query."""
    rows = GradingJob.objects.filter(shadow=True).order_by().values_list("state")
    return dict(rows.annotate(n=Count("pk")))


def passback_counts() -> dict[str, int]:
    """Grades on their way to learning management systems, by state; one query."""
    rows = Passback.objects.filter(state__in=UNDONE).order_by().values_list("state")
    return {**dict.fromkeys(UNDONE, 0), **dict(rows.annotate(n=Count("pk")))}


def oldest_passback() -> timedelta:
    """How long the first of those that wait has waited; one query."""
    waiting = Passback.objects.filter(state=PassbackState.WAITING)
    first = waiting.order_by("created_at").annotate(waits=WAITS).values_list("waits", flat=True)
    return next(iter(first[:1]), timedelta(0))


def upload_count() -> int:
    """All uploads that were ever taken; one query."""
    return Submission.objects.count()


def phase_seconds() -> dict[str, Spread]:
    """How long each phase took, in the gradings of the last quarter of an hour; one query."""
    lately = GradingJob.objects.filter(finished_at__gte=ago(LATELY))
    rows = lately.filter(state__in=FINAL, shadow=False)
    rows = rows.filter(started_at__isnull=False).exclude(state=JobState.SUPERSEDED)
    newest = rows.order_by("-finished_at").values_list(
        "queued_at", "started_at", "finished_at", "resources"
    )[:_NEWEST]
    seconds: dict[str, list[float]] = {}
    for queued, started, finished, resources in newest:
        assert started is not None
        assert finished is not None
        for phase, took in _phases(queued, started, finished, resources).items():
            seconds.setdefault(phase, []).append(took)
    return {phase: _spread(seconds[phase]) for phase in PHASES if phase in seconds}


def _phases(
    queued: datetime, started: datetime, finished: datetime, resources: Mapping[str, Any]
) -> dict[str, float]:
    whole = (finished - started).total_seconds()
    ran = float(resources.get("wall_seconds", 0.0))
    return {
        "queue": max((started - queued).total_seconds(), 0.0),
        **{name: float(took) for name, took in resources.get("phases", {}).items()},
        "record": max(whole - ran, 0.0),
    }


def _spread(seconds: Iterable[float]) -> Spread:
    ordered = sorted(seconds)
    last = len(ordered) - 1
    return Spread(ordered[last // 2], ordered[min(round(last * 0.95), last)], len(ordered))
