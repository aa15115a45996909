"""What a job can be and become, and the roles of people: names that every part agrees on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

MAX_ATTEMPTS = 3
"""How often a job is tried before it ends with a fault and an alert."""
LEASE = timedelta(seconds=60)
"""How long a worker owns a job without renewing it."""
RENEW_EVERY = timedelta(seconds=15)
"""How often a worker renews: three renewals may fail before the lease is lost."""

RETRY_AFTER = timedelta(seconds=10)
"""How long a job rests that met a fault of ours, so that the fault has time to pass."""
RING_AGAIN_AFTER = timedelta(seconds=60)
"""How old a bell must be before the sweep rings again for a job that still waits."""
RING_AGAIN_IN_BULK = timedelta(minutes=10)
"""The same for a regrade's jobs: thousands may wait for hours, and all are rung for when made."""


class JobState(StrEnum):
    """Where a job is on its way."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    """Graded: there is a report with points."""
    REJECTED = "rejected"
    """The submission cannot be graded, and the student is told why."""
    FAULT = "fault"
    """Ours: staff are alerted and nobody is scored."""
    SUPERSEDED = "superseded"
    """A newer upload came while this one still waited."""


class Lane(StrEnum):
    """Which queue a job waits in."""

    INTERACTIVE = "interactive"
    BULK = "bulk"
    GPU = "gpu"


class Role(StrEnum):
    """What a person is in one course."""

    STUDENT = "student"
    TA = "ta"
    INSTRUCTOR = "instructor"


STAFF = frozenset({Role.TA, Role.INSTRUCTOR})
ACTIVE = frozenset({JobState.QUEUED, JobState.RUNNING})
FINAL = frozenset(JobState) - ACTIVE

TRANSITIONS: Mapping[JobState, frozenset[JobState]] = MappingProxyType(
    {
        # A queued job ends with a fault when its attempts are spent: the last one never reported.
        JobState.QUEUED: frozenset({JobState.RUNNING, JobState.SUPERSEDED, JobState.FAULT}),
        # Back to the queue when the lease runs out: the worker is gone, the submission is not.
        JobState.RUNNING: frozenset(
            {JobState.DONE, JobState.REJECTED, JobState.FAULT, JobState.QUEUED}
        ),
        **dict.fromkeys(FINAL, frozenset[JobState]()),
    }
)


def may_become(old: JobState, new: JobState) -> bool:
    """Whether a job in state `old` may go to state `new`. Staying is no transition."""
    return new in TRANSITIONS[old]
