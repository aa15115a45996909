"""Who reads a report, and how far the homework has come for them.

The names and values are those of `runners.report`, which decides what each audience sees in each
phase.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from grader.domain.states import STAFF, Role
from grader.domain.wall_clock import instant


class Audience(StrEnum):
    """Who reads."""

    STUDENT = "student"
    STAFF = "staff"


class Phase(IntEnum):
    """How far the homework has come, for the student who reads."""

    OPEN = 0
    PAST_DUE = 1
    PUBLISHED = 2


def phase(now: datetime, due: datetime, published: bool, grace_minutes: int = 0) -> Phase:
    """How far the homework has come at `now`.

    `due` is the reader's own deadline, with extensions. The minute that it names is still open,
    and so are the minutes of grace after it: an upload then is on time, and must not be made with
    the answers at hand.
    """
    if published:
        return Phase.PUBLISHED
    minute = instant(due).replace(second=0, microsecond=0)
    past_due = instant(now) >= minute + timedelta(minutes=1 + grace_minutes)
    return Phase.PAST_DUE if past_due else Phase.OPEN


def audience(role: Role) -> Audience:
    """How a person of this role reads the reports of the course."""
    return Audience.STAFF if role in STAFF else Audience.STUDENT
