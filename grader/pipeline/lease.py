"""What `execute` and `record` agree on: who holds a job, and moments by the database's clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import DateTimeField, ExpressionWrapper, F, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest, Now


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to report on a job: good while the row still has this attempt number."""

    job_id: int
    attempt: int
    submission_id: int | None = field(default=None, compare=False)
    """For the log alone."""


def from_now(span: timedelta) -> Combinable:
    """A moment by the database's clock, the only one that all machines share."""
    return ExpressionWrapper(Now() + Value(span), output_field=DateTimeField())


def ended() -> Combinable:
    """The end of a job: now, and never before its start though the clock was set back."""
    return Greatest(Now(), Coalesce(F("started_at"), Now()))
