"""A shadow regrade: a homework's submissions graded again, beside what counts."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from grader.domain.regrades import RegradeState, Scope
from grader.models.assignment import Assignment, AssignmentVersion


class Regrade(models.Model):
    """One regrade. Its jobs are shadows: they score nothing until it is accepted."""

    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="regrades")
    version = models.ForeignKey(AssignmentVersion, models.PROTECT, related_name="regrades")
    """The content that grades; the one in force where only the image is new."""
    scope = models.CharField(max_length=16, choices=[(s.value, s.value) for s in Scope])
    reason = models.CharField(max_length=500)
    state = models.CharField(
        max_length=16,
        choices=[(s.value, s.value) for s in RegradeState],
        default=RegradeState.RUNNING.value,
    )
    total = models.PositiveIntegerField(default=0)
    """How many submissions it covers."""
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    objects: models.Manager[Regrade]

    class Meta:
        ordering: ClassVar[list[str]] = ["-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["assignment"],
                condition=Q(state__in=[RegradeState.RUNNING.value, RegradeState.READY.value]),
                name="regrade_one_open_for_each_homework",
            ),
            models.CheckConstraint(
                name="regrade_state_known",
                condition=Q(state__in=[state.value for state in RegradeState]),
            ),
        ]

    def __str__(self) -> str:
        return f"regrade {self.pk}"
