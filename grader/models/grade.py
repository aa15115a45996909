"""Which score counts for a student in a homework: the only table that may be aimed anew."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now

from grader.models.assignment import Assignment
from grader.models.course import Membership
from grader.models.score import Score


class GradeEntry(models.Model):
    """One cell of the gradebook."""

    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="grades")
    student = models.ForeignKey(Membership, models.PROTECT, related_name="grades")
    score = models.ForeignKey(Score, models.PROTECT, related_name="+")
    updated_at = models.DateTimeField(db_default=Now())

    objects: models.Manager[GradeEntry]

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["assignment", "student"], name="grade_once")
        ]

    def __str__(self) -> str:
        return f"{self.student_id} in {self.assignment_id}"
