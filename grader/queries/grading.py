"""How the grading runs, as a course's staff see it: lanes, their workers, the faults of a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from grader import workers
from grader.access import CourseAccess
from grader.domain.states import ACTIVE, JobState
from grader.models import GradingJob
from grader.queries.operations import LaneState, service_state
from grader.queries.queue import ago

HOURS = timedelta(hours=6)
_STEPS = 72
_FAULTS = 50
_JOBS = 5_000
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LaneRow:
    """A lane, and who serves it."""

    state: LaneState
    processes: int | None
    """How many submissions its workers grade at once; None when nobody can say."""

    @property
    def trouble(self) -> bool:
        """Whether somebody waits there, or should be served, and no sign of life comes."""
        served = bool(self.processes) or self.state.remembered
        return self.state.silent and (served or self.state.waiting + self.state.regrading > 0)


@dataclass(frozen=True, slots=True)
class FaultRow:
    """A grading of this course that ended in a fault."""

    submission: int
    name: str
    homework: str
    at: datetime | None
    cause: str
    of_suite: bool
    """Whether the suite is broken, and not the service."""


@dataclass(frozen=True, slots=True)
class Moment:
    """How many waited then, in all lanes."""

    at: datetime
    waiting: int


@dataclass(frozen=True, slots=True)
class GradingPage:
    """Everything on the page."""

    now: datetime
    lanes: tuple[LaneRow, ...]
    workers: int | None
    """How many are at work; None when nobody can say, because the broker does not answer."""
    swept: timedelta | None
    sweeps: bool
    faults: tuple[FaultRow, ...]
    history: tuple[Moment, ...]


def grading_page(access: CourseAccess, now: datetime) -> GradingPage:
    """The page, in four queries. Lanes serve all courses; faults are this course's alone."""
    seen = workers.at_work()
    state = service_state(seen or ())
    rows = (
        LaneRow(
            lane,
            None if seen is None else sum(one.processes for one in seen if lane.lane in one.lanes),
        )
        for lane in state.lanes
    )
    return GradingPage(
        now=now,
        lanes=tuple(rows),
        workers=None if seen is None else len(seen),
        swept=state.swept,
        sweeps=state.sweeps,
        faults=tuple(_faults(access)),
        history=_history(now),
    )


def _faults(access: CourseAccess) -> list[FaultRow]:
    rows = (
        GradingJob.objects.filter(
            version__assignment__course=access.course,
            state=JobState.FAULT,
            shadow=False,
            finished_at__gte=ago(_DAY),
        )
        .select_related("submission__student__user", "submission__assignment")
        .order_by("-finished_at", "-pk")[:_FAULTS]
    )
    return [
        FaultRow(
            submission=row.submission_id,
            name=row.submission.student.user.name,
            homework=row.submission.assignment.title,
            at=row.finished_at,
            cause=row.staff_detail.strip().partition("\n")[0],
            of_suite=row.verdict == "assignment_fault",
        )
        for row in rows
    ]


def _history(now: datetime) -> tuple[Moment, ...]:
    """How many waited at each moment of the last hours; what waits for another day does not.

    Nor does a regrade: nobody sits and waits for it.
    """
    recent = Q(state__in=ACTIVE) | Q(finished_at__gte=now - HOURS)
    jobs = GradingJob.objects.filter(recent, shadow=False).order_by("-pk")
    rows = jobs.values_list("queued_at", "not_before", "started_at", "finished_at")[:_JOBS]
    spans = [
        (max(queued, not_before or queued), started or finished or now)
        for queued, not_before, started, finished in rows
    ]
    step = HOURS / _STEPS
    moments = [now - HOURS + step * (number + 1) for number in range(_STEPS)]
    return tuple(
        Moment(at, sum(begin < at and at - step <= end for begin, end in spans if begin <= end))
        for at in moments
    )
