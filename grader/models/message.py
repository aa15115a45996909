"""Mail to people, written with the act that it tells of and sent afterwards."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from grader.models.course import Course


class Message(models.Model):
    """One message to one person. It is sent until it has left, and never twice by intention."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="messages")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="messages")
    kind = models.CharField(max_length=64)
    """Dotted, as in the audit log: `grades.released`."""
    key = models.CharField(max_length=200, unique=True)
    """What it tells of: whatever happens twice is told once."""
    subject = models.CharField(max_length=200)
    body = models.TextField()
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True)
    """Not before then; null is at once."""
    trouble = models.TextField(blank=True)

    objects: models.Manager[Message]

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["sent_at", "next_at"])]

    def __str__(self) -> str:
        return f"{self.kind} to {self.to_id}"
