"""Signs of life: writes `Heartbeat`, by the database's clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now

from grader.models import Heartbeat
from grader.queries.queue import ago

SWEEP = "sweep"
"""The part that sweeps; the others are the lanes."""
_WORKER = 100
_TROUBLE = 2_000


def rung(part: str) -> None:
    """A canary was sent into the lane."""
    _write(part, rung_at=Now())


def well(part: str, seconds: float, worker: str = "") -> None:
    """The part did what it is there for, and it took so long."""
    facts = {"seconds": seconds, "worker": worker[:_WORKER], "trouble": ""}
    _write(part, seen_at=Now(), **facts)


def troubled(part: str, trouble: str, worker: str = "") -> None:
    """The lane answered, and could not do it: no sign of life, for nothing is graded there."""
    _write(part, worker=worker[:_WORKER], trouble=trouble[:_TROUBLE])


def may_tell(part: str, every: timedelta) -> bool:
    """Whether people are to be told of this part now; notes that they are. Once in such a span."""
    Heartbeat.objects.get_or_create(part=part)
    silent = Q(told_at__isnull=True) | Q(told_at__lt=ago(every))
    return bool(Heartbeat.objects.filter(silent, part=part).update(told_at=Now()))


def _write(part: str, **facts: Any) -> None:
    if not Heartbeat.objects.filter(part=part).update(**facts):
        row, _ = Heartbeat.objects.get_or_create(part=part)
        Heartbeat.objects.filter(pk=row.pk).update(**facts)
