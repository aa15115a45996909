"""Which of a student's submissions counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from grader.domain.lateness import Counted
from grader.domain.wall_clock import instant

__all__ = ["Candidate", "Counted", "counted"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A graded submission. `final` is what it earns after its penalty."""

    id: int
    received_at: datetime
    final: Decimal


def counted(candidates: Sequence[Candidate], rule: Counted) -> Candidate | None:
    """The submission that counts, or None when there is none.

    `best`: the most points after penalty, so that a late upload can never lower a grade; of equals
    the one that was received first. `latest`: the one that was received last. Where even the time
    of receipt is the same, the id tells which came first.
    """
    if not candidates:
        return None
    if rule == Counted.LATEST:
        return max(candidates, key=_order)
    most = max(candidate.final for candidate in candidates)
    return min((c for c in candidates if c.final == most), key=_order)


def _order(candidate: Candidate) -> tuple[datetime, int]:
    return instant(candidate.received_at), candidate.id
