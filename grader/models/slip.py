"""Late days for free that a student spends on a homework."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from grader.models.assignment import Assignment
from grader.models.course import Membership


class SlipDays(models.Model):
    """How many slip days a student spends on a homework. Append-only: the newest row holds."""

    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="slip_days")
    student = models.ForeignKey(Membership, models.PROTECT, related_name="slip_days")
    days = models.PositiveSmallIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    """The student, or staff for them."""
    created_at = models.DateTimeField(db_default=Now())

    objects: models.Manager[SlipDays]

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["student", "assignment"])]

    def __str__(self) -> str:
        return f"{self.days} on {self.assignment_id}"
