"""What a person decided about a student's grade in one homework or exam, and why."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from grader.domain.overrides import OverrideKind
from grader.models.assignment import Assignment
from grader.models.course import Membership
from grader.models.exam import Exam

KINDS = [(kind.value, kind.value) for kind in OverrideKind]


class Override(models.Model):
    """One decision. Append-only: the newest for a student and a column of the gradebook holds."""

    assignment = models.ForeignKey(
        Assignment, models.PROTECT, null=True, blank=True, related_name="overrides"
    )
    exam = models.ForeignKey(Exam, models.PROTECT, null=True, blank=True, related_name="overrides")
    student = models.ForeignKey(Membership, models.PROTECT, related_name="overrides")
    kind = models.CharField(max_length=16, choices=KINDS)
    points = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    """The final points, penalty and all; only with `points`."""
    reason = models.CharField(max_length=500)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    created_at = models.DateTimeField(db_default=Now())

    objects: models.Manager[Override]

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["assignment", "student"]),
            models.Index(fields=["exam", "student"]),
        ]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                name="override_of_one_column",
                condition=Q(assignment__isnull=True, exam__isnull=False)
                | Q(assignment__isnull=False, exam__isnull=True),
            ),
            models.CheckConstraint(
                name="override_points_with_their_kind",
                condition=Q(kind=OverrideKind.POINTS.value, points__gte=0)
                | (
                    Q(kind__in=[OverrideKind.EXCUSED.value, OverrideKind.LIFTED.value])
                    & Q(points__isnull=True)
                ),
            ),
            models.CheckConstraint(name="override_has_a_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.student_id}"
