"""What a student handed in, and when. A row is written once and never changed."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from grader.models.assignment import Assignment
from grader.models.course import Membership


class Submission(models.Model):
    """One upload that passed triage. `received_at` is when the server had the request."""

    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="submissions")
    student = models.ForeignKey(Membership, models.PROTECT, related_name="submissions")
    received_at = models.DateTimeField()
    token = models.CharField(max_length=64)
    """Made with the form: a form that is sent twice is one submission."""
    notices = models.JSONField(default=list)
    """Sentences of triage for the student: what was left out, and why."""
    answers = models.JSONField(null=True, blank=True)
    """What was typed, by question, wherever it was; null where the homework asks for nothing."""

    objects: models.Manager[Submission]

    class Meta:
        ordering: ClassVar[list[str]] = ["-received_at", "-id"]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["assignment", "student", "received_at"])
        ]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["student", "token"], name="submission_once_per_form")
        ]

    def __str__(self) -> str:
        return f"submission {self.pk}"


class SubmissionFile(models.Model):
    """A file as it was uploaded. Its bytes lie in storage under their hash, each content once."""

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="files")
    name = models.CharField(max_length=1024)
    """A relative path of plain parts, for people; never used as a path on any disk."""
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()

    objects: models.Manager[SubmissionFile]

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["submission", "name"], name="file_once_in_submission")
        ]

    def __str__(self) -> str:
        return self.name
