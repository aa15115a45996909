"""What may become of a grade that is to be sent to a platform."""

from __future__ import annotations

from enum import StrEnum


class PassbackState(StrEnum):
    """Where a row of the outbox is."""

    WAITING = "waiting"
    """To be sent, or to be sent again."""
    SENT = "sent"
    """The platform has taken it."""
    SUPERSEDED = "superseded"
    """A newer version came before it was sent."""
    PARKED = "parked"
    """The platform refused it for a reason that time does not mend; staff see it."""
