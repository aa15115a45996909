"""A shadow regrade: what it covers, and what may become of it."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """Which submissions are graded again."""

    COUNTED = "counted"
    """The one of each student that counts."""
    ALL = "all"
    """Every one that was graded, or could not be."""
    STALE = "stale"
    """Those of them whose grading is by another version than the one that grades them again."""


class RegradeState(StrEnum):
    """Where a regrade is on its way."""

    RUNNING = "running"
    """Its jobs are in the bulk lane."""
    READY = "ready"
    """All are graded, and nobody has decided."""
    ACCEPTED = "accepted"
    """Its scores count, for everybody."""
    RAISED = "raised"
    """Its scores count for those whom they help."""
    DROPPED = "dropped"
    """Nothing of it counts."""
    CANCELLED = "cancelled"
    """Stopped before its end; nothing of it counts."""


class Decision(StrEnum):
    """What an instructor may decide about a regrade that is ready."""

    ALL = "all"
    RAISES = "raises"
    DROP = "drop"


OPEN = frozenset({RegradeState.RUNNING, RegradeState.READY})
DECIDED = frozenset(
    {
        RegradeState.ACCEPTED,
        RegradeState.RAISED,
        RegradeState.DROPPED,
        RegradeState.CANCELLED,
    }
)
