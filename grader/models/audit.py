"""Who did what to whose grades. Written in the transaction of the act, and never changed."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from grader.models.course import Course


class AuditEntry(models.Model):
    """One act. Without an actor it was the service itself."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="audit")
    at = models.DateTimeField(db_default=Now())
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True)
    action = models.CharField(max_length=64)
    """Dotted: `extension.granted`, `job.fault`."""
    subject = models.CharField(max_length=100)
    """What it was done to: `submission 12`."""
    detail = models.JSONField(default=dict)

    objects: models.Manager[AuditEntry]

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["course", "at"])]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"
