"""Exams: what counts in the course and is not handed in here. Their points come by file or form."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from grader.models.course import Course, Membership

SOURCES = [("csv", "csv"), ("form", "form")]


class Exam(models.Model):
    """One exam of a course. Without points for everybody, who has none is not graded yet."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="exams")
    slug = models.SlugField()
    title = models.CharField(max_length=200)
    group = models.CharField(max_length=64)
    """The `id` of the weight that it counts in."""
    position = models.PositiveSmallIntegerField(default=0)
    held_on = models.DateField(null=True, blank=True)
    possible = models.DecimalField(max_digits=7, decimal_places=2)
    released_at = models.DateTimeField(null=True, blank=True)
    """When its points were published; until then only staff see them."""

    objects: models.Manager[Exam]

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["course", "slug"], name="exam_once_in_course"),
            models.CheckConstraint(name="exam_points_positive", condition=Q(possible__gt=0)),
        ]

    def __str__(self) -> str:
        return self.title


class ExamScore(models.Model):
    """Points of a student in an exam, as somebody entered them. Append-only: the newest counts."""

    exam = models.ForeignKey(Exam, models.PROTECT, related_name="scores")
    student = models.ForeignKey(Membership, models.PROTECT, related_name="exam_scores")
    points = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    """Null takes an entry back: the student is not graded."""
    source = models.CharField(max_length=16, choices=SOURCES)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    created_at = models.DateTimeField(db_default=Now())

    objects: models.Manager[ExamScore]

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["exam", "student"])]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                name="exam_score_not_negative",
                condition=Q(points__isnull=True) | Q(points__gte=0),
            ),
            models.CheckConstraint(
                name="exam_score_source_known",
                condition=Q(source__in=[source for source, _ in SOURCES]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.points} in {self.exam_id}"
