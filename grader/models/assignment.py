"""A homework of a course, and the versions of its content, each known by its digest."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from assignments.spec import AssignmentSpec
from grader.models.course import Course
from grader.models.typed import TypedField


class Assignment(models.Model):
    """A homework: when it opens, when it is due, and which version of its content is in force."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="assignments")
    slug = models.SlugField()
    title = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField(default=0)
    opens_at = models.DateTimeField()
    due_at = models.DateTimeField()
    """The deadline as printed; the whole minute that it names still counts."""
    version = models.ForeignKey(
        "grader.AssignmentVersion",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    """The content in force; without one, students see the dates and no more."""
    released_at = models.DateTimeField(null=True, blank=True)
    """When grades were published: from then on `after_published` checks are shown."""

    objects: models.Manager[Assignment]

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "due_at", "id"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["course", "slug"], name="assignment_once_in_course"),
            models.CheckConstraint(
                name="assignment_opens_before_due", condition=Q(opens_at__lt=F("due_at"))
            ),
        ]

    def __str__(self) -> str:
        return self.title


class AssignmentVersion(models.Model):
    """The content of a homework at one time. Never changed: a mended suite is a new version."""

    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="versions")
    digest = models.CharField(max_length=64)
    """sha256 over all files of the folder, as `assignments.loader` makes it."""
    spec = TypedField(AssignmentSpec)
    points = models.DecimalField(max_digits=7, decimal_places=2)
    statement = models.TextField(blank=True)
    """The handout's README: what students read on the page."""
    folder = models.CharField(max_length=200)
    """Name in storage of the whole folder as a zip. Only workers open it: it holds the suite."""
    handout = models.CharField(max_length=200)
    """Name in storage of the handout as a zip."""
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects: models.Manager[AssignmentVersion]

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["assignment", "digest"], name="version_once"),
            models.CheckConstraint(name="version_points_positive", condition=Q(points__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.assignment_id}@{self.digest[:12]}"
