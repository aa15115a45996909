"""Sending a grade to a platform: what may become of it, what is said, and when again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from grader.domain.gradebook import Cell, CellState, Column

GIVE_UP_AFTER = timedelta(hours=24)
"""How long a platform may be away until a grade waits for people rather than for time."""
LATER_BY = timedelta(seconds=1)
"""What a platform that counts whole seconds still takes as later."""
MOST_AHEAD = timedelta(seconds=30)
"""How far in the future a timestamp may lie: some platforms lock a grade until then."""
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=1)
_SAME = Decimal("0.005")


class PassbackState(StrEnum):
    """Where a row of the outbox is."""

    WAITING = "waiting"
    """To be sent, or to be sent again."""
    SENT = "sent"
    """The platform has taken it."""
    SUPERSEDED = "superseded"
    """It was parked, and a newer version came."""
    PARKED = "parked"
    """The platform refused it for a reason that time does not mend; staff see it."""
    WITHDRAWN = "withdrawn"
    """There was nothing to be sent when its turn came: the grade is hidden again, or gone."""


class Unsendable(StrEnum):
    """Why a student's grade in a column is not sent, in words for staff."""

    NOT_RELEASED = "the grades of this column are not released"
    EXCUSED = "excused: nothing is sent, and what was sent before stays there"
    NO_GRADE = "no grade yet"
    LEFT = "the student has left the course"
    UNKNOWN = "the platform's user is not known yet: none has opened Sandglass from there"


@dataclass(frozen=True, slots=True)
class Grade:
    """What is to be said of a student in a column."""

    points: Decimal
    possible: Decimal
    comment: str
    submission_id: int | None


def grade_to_send(column: Column, cell: Cell, *, active: bool) -> Grade | Unsendable:
    """What is to be sent of a cell of the gradebook, or why nothing is. Never what is hidden."""
    if column.released_at is None:
        return Unsendable.NOT_RELEASED
    if not active:
        return Unsendable.LEFT
    if cell.state == CellState.EXCUSED:
        return Unsendable.EXCUSED
    if cell.state != CellState.SCORED or cell.final is None or not cell.possible:
        return Unsendable.NO_GRADE
    return Grade(cell.final, cell.possible, comment_on(cell), cell.submission_id)


def comment_on(cell: Cell) -> str:
    """What lateness took, in plain words; empty where it took nothing."""
    if cell.overridden or cell.raw is None or not cell.penalty:
        return ""
    days = "1 day" if cell.late_days == 1 else f"{cell.late_days} days"
    slip = f", {cell.slip_days} of them for free" if cell.slip_days else ""
    return (
        f"Late by {days}{slip}: {cell.penalty.normalize():f} of {cell.raw.normalize():f} points "
        "were taken for lateness."
    )


def timestamp(now: datetime, last: datetime | None) -> datetime:
    """When the score says it was made: now, and later than the last one that was taken."""
    if last is None:
        return now
    return min(max(now, last + LATER_BY), now + MOST_AHEAD)


def pause(attempts: int, jitter: float) -> timedelta:
    """How long to wait after so many tries. `jitter`, from 0 to 1, parts those who failed together.

    Half a minute at first, twice as long each time, an hour at most; half of it is chance.
    """
    doubled = _FIRST_PAUSE * (1 << min(attempts - 1, 10))
    whole = min(doubled, _LONGEST_PAUSE)
    return timedelta(seconds=whole.total_seconds() * (0.5 + jitter / 2))


def same_points(one: Decimal | None, other: Decimal | None) -> bool:
    """Whether two amounts are one, but for what platforms lose in rescaling."""
    if one is None or other is None:
        return one is other
    return abs(one - other) <= _SAME
