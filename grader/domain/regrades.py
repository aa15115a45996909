"""A shadow regrade: what it covers, and what may become of it."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """Which submissions are graded again."""

    COUNTED = "counted"
    """The one of each student that counts."""
    ALL = "all"


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


DECIDED = frozenset(
    {
        RegradeState.ACCEPTED,
        RegradeState.RAISED,
        RegradeState.DROPPED,
        RegradeState.CANCELLED,
    }
)
