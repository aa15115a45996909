"""How the grading runs, lane by lane: for staff, for metrics, and for who asks if all is ready."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.db.models import (
    Count,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    Max,
    Min,
    Q,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest, Now

from grader.celery import SWEEP_EVERY
from grader.domain.states import ACTIVE, LEASE, JobState, Lane
from grader.heartbeats import SWEEP
from grader.models import GradingJob, Heartbeat
from grader.queries.queue import ago
from grader.workers import WorkerSeen

SILENT_AFTER = timedelta(minutes=3)
"""A lane with a worker that gives no sign of life for so long grades nothing."""
_SWEEPS = 3
"""So many sweeps may be missed."""
_REMEMBERED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LaneState:
    """A lane at this moment. Spans are from then until now; None for never."""

    lane: Lane
    waiting: int = 0
    """How many may run now and do not; what is put off to another day does not wait."""
    oldest: timedelta | None = None
    """How long the one that waits longest has waited."""
    running: int = 0
    canary: timedelta | None = None
    """Since a canary last came back well."""
    canary_seconds: float | None = None
    canary_trouble: str = ""
    rung: timedelta | None = None
    """Since one was last sent."""
    regrading: int = 0
    """How many gradings of regrades wait, beside the submissions above."""
    regrading_oldest: timedelta | None = None
    worked: timedelta | None = None
    """Since a report was taken, or a running job's worker renewed its lease; in this lane, or in
    another one that its workers serve and may have to empty first."""

    @property
    def life(self) -> timedelta | None:
        """Since the last sign of life, by a canary or by work."""
        return min((span for span in (self.canary, self.worked) if span is not None), default=None)

    @property
    def silent(self) -> bool:
        """Whether nothing has been seen of its workers for too long."""
        return self.life is None or self.life > SILENT_AFTER

    @property
    def remembered(self) -> bool:
        """Whether somebody served it within a day, so that somebody should."""
        return self.life is not None and self.life < _REMEMBERED


@dataclass(frozen=True, slots=True)
class ServiceState:
    """All lanes, and the sweep."""

    lanes: tuple[LaneState, ...]
    swept: timedelta | None
    sweep_seconds: float | None

    @property
    def sweeps(self) -> bool:
        """Whether the sweep runs."""
        return self.swept is not None and self.swept <= SWEEP_EVERY * _SWEEPS


def service_state(seen: Collection[WorkerSeen] | None = None) -> ServiceState:
    """How things stand, in two queries; `seen` are the workers that are known to be at work."""
    hearts = {row["part"]: row for row in _hearts()}
    jobs = {row["lane"]: row for row in _jobs()}
    lanes = [_lane(lane, jobs.get(lane, {}), hearts.get(lane, {})) for lane in Lane]
    sweep = hearts.get(SWEEP, {})
    return ServiceState(
        lanes=_together(lanes, seen or ()),
        swept=sweep.get("age"),
        sweep_seconds=sweep.get("seconds"),
    )


def _hearts() -> Any:
    rows = Heartbeat.objects.annotate(age=since(F("seen_at")), rung=since(F("rung_at")))
    return rows.values("part", "age", "rung", "seconds", "trouble")


def _jobs() -> Any:
    """Only jobs at hand and those of the last day: a term's are many."""
    due = Q(not_before__isnull=True) | Q(not_before__lte=Now())
    waits = Q(due, state=JobState.QUEUED, shadow=False)
    shadows = Q(due, state=JobState.QUEUED, shadow=True)
    ended = Q(state__in=[JobState.DONE, JobState.REJECTED])
    runs = Q(state=JobState.RUNNING)
    began = Greatest(F("queued_at"), Coalesce(F("not_before"), F("queued_at")))
    renewed = ExpressionWrapper(F("lease_until") - Value(LEASE), output_field=DateTimeField())
    return (
        GradingJob.objects.filter(Q(state__in=ACTIVE) | Q(finished_at__gte=ago(_REMEMBERED)))
        .order_by()
        .values("lane")
        .annotate(
            waiting=Count("pk", filter=waits),
            oldest=Max(since(began), filter=waits),
            regrading=Count("pk", filter=shadows),
            regrading_oldest=Max(since(F("queued_at")), filter=shadows),
            running=Count("pk", filter=runs),
            reported=Min(since(F("finished_at")), filter=ended),
            renewed=Min(since(renewed), filter=runs),
        )
    )


def _lane(lane: Lane, jobs: dict[str, Any], heart: dict[str, Any]) -> LaneState:
    worked = [jobs[name] for name in ("reported", "renewed") if jobs.get(name) is not None]
    return LaneState(
        lane=lane,
        waiting=jobs.get("waiting", 0),
        oldest=jobs.get("oldest"),
        regrading=jobs.get("regrading", 0),
        regrading_oldest=jobs.get("regrading_oldest"),
        running=jobs.get("running", 0),
        canary=heart.get("age"),
        canary_seconds=heart.get("seconds"),
        canary_trouble=heart.get("trouble", ""),
        rung=heart.get("rung"),
        worked=min(worked, default=None),
    )


def _together(lanes: list[LaneState], seen: Collection[WorkerSeen]) -> tuple[LaneState, ...]:
    worked = {lane.lane: lane.worked for lane in lanes}
    for lane in lanes:
        for other in {other for one in seen if lane.lane in one.lanes for other in one.lanes}:
            spans = (worked[lane.lane], next(each.worked for each in lanes if each.lane == other))
            worked[lane.lane] = min((span for span in spans if span is not None), default=None)
    return tuple(replace(lane, worked=worked[lane.lane]) for lane in lanes)


def since(moment: Combinable) -> Combinable:
    """How long ago that was, by the database's clock."""
    return ExpressionWrapper(Now() - moment, output_field=DurationField())
