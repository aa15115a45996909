"""Points and lateness of one graded submission. Append-only: a new rule makes a new row."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from grader.domain.lateness import LatePolicy
from grader.models.job import GradingJob
from grader.models.submission import Submission
from grader.models.typed import TypedField


class Score(models.Model):
    """Raw points, what lateness took, what is left, and why; a submission's newest row counts."""

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="scores")
    job = models.ForeignKey(GradingJob, models.PROTECT, related_name="scores")
    raw = models.DecimalField(max_digits=7, decimal_places=2)
    possible = models.DecimalField(max_digits=7, decimal_places=2)
    due_at = models.DateTimeField()
    """The deadline that was applied, extensions included."""
    late_days = models.PositiveIntegerField()
    slip_days = models.PositiveIntegerField(default=0)
    """How many of the late days were paid with slip days."""
    penalty = models.DecimalField(max_digits=7, decimal_places=2)
    final = models.DecimalField(max_digits=7, decimal_places=2)
    reason = models.CharField(max_length=500)
    policy = TypedField(LatePolicy)
    created_at = models.DateTimeField(db_default=Now())

    objects: models.Manager[Score]

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                name="score_final_within_raw",
                condition=Q(final__gte=0, final__lte=F("raw"), penalty__gte=0),
            ),
            models.CheckConstraint(
                name="score_on_time_costs_nothing",
                condition=Q(late_days__gt=0) | Q(penalty=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.final} of {self.possible}"
