"""A file that staff have sent in to be looked at, before anything of it is applied."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from grader.models.course import Course


class ImportDraft(models.Model):
    """An uploaded table between its preview and the button that applies it."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="import_drafts")
    kind = models.CharField(max_length=32)
    """What it is a table of: `roster`, `exam`, `extensions`."""
    subject = models.CharField(max_length=100, blank=True)
    """What it is for within the course: an exam's slug."""
    name = models.CharField(max_length=200)
    content = models.BinaryField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    created_at = models.DateTimeField(db_default=Now())
    applied_at = models.DateTimeField(null=True, blank=True)

    objects: models.Manager[ImportDraft]

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["created_at"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
