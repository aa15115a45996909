"""That something was taken out, by whom: a line in the audit log."""

from __future__ import annotations

from typing import Any

from grader.access import CourseAccess
from grader.models import AuditEntry, Course, User

MADE = "export.made"


def record(access: CourseAccess, subject: str, detail: dict[str, Any]) -> None:
    """Write that the reader has taken something out; in the caller's transaction."""
    record_for(access.course, access.membership.user, subject, detail)


def record_for(course: Course, actor: User | None, subject: str, detail: dict[str, Any]) -> None:
    """The same from the command line, where the service itself is the actor."""
    AuditEntry.objects.create(
        course=course, actor=actor, action=MADE, subject=subject[:100], detail=detail
    )
