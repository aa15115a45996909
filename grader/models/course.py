"""A course, its people and their sections, and the extensions that its staff have granted."""

from __future__ import annotations

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from grader.domain.lateness import LatePolicy
from grader.domain.states import STAFF, Role
from grader.models.typed import TypedField

ROLES = [(role.value, role.value) for role in Role]


class Course(models.Model):
    """One course in one term."""

    slug = models.SlugField(unique=True)
    code = models.CharField(max_length=32)
    title = models.CharField(max_length=200)
    timezone = models.CharField(max_length=64)
    late_policy = TypedField(LatePolicy)
    weights = models.JSONField(default=list)
    """`[{"id", "title", "each", "count"}]` as `course.toml` has them, `each` as a string."""

    objects: models.Manager[Course]

    def __str__(self) -> str:
        return self.code

    @property
    def zone(self) -> ZoneInfo:
        """The zone that the course's deadlines are told in."""
        return ZoneInfo(self.timezone)


class Section(models.Model):
    """A part of a class: a lecture or lab group."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="sections")
    name = models.CharField(max_length=64)

    objects: models.Manager[Section]

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["course", "name"], name="section_once_in_course")
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's part in a course. One who withdraws stays, inactive, with all work."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=16, choices=ROLES)
    section = models.ForeignKey(Section, models.SET_NULL, null=True, blank=True)
    student_number = models.CharField(max_length=32, blank=True)
    active = models.BooleanField(default=True)

    objects: models.Manager[Membership]

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["course", "user"], name="membership_once_in_course"),
            models.CheckConstraint(
                name="membership_role_known", condition=Q(role__in=[r.value for r in Role])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} as {self.role} of {self.course_id}"

    @property
    def is_staff(self) -> bool:
        """Whether this is a TA or the instructor."""
        return Role(self.role) in STAFF


class Extension(models.Model):
    """A later deadline of one homework: for a student, for a section, or for everybody."""

    assignment = models.ForeignKey("grader.Assignment", models.CASCADE, related_name="extensions")
    student = models.ForeignKey(Membership, models.CASCADE, null=True, blank=True)
    section = models.ForeignKey(Section, models.CASCADE, null=True, blank=True)
    due_at = models.DateTimeField()
    reason = models.CharField(max_length=500)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    revoked_at = models.DateTimeField(null=True, blank=True)
    """From then on it holds no longer; the row stays."""
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects: models.Manager[Extension]

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                name="extension_for_student_or_section",
                condition=Q(student__isnull=True) | Q(section__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.assignment_id} until {self.due_at:%Y-%m-%d %H:%M}"
