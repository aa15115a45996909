"""That something was taken out, by whom: a line in the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from grader.access import CourseAccess
from grader.models import AuditEntry, Course, User

MADE = "export.made"
FILLED = "filled"
"""What a file of somebody else's is called, with our grades in it."""
_RECENT = 10


@dataclass(frozen=True, slots=True)
class Taken:
    """That a file was taken out."""

    at: datetime
    by: str
    format: str
    detail: dict[str, Any]


def recent(course: Course) -> list[Taken]:
    """What was taken out last, newest first; one query."""
    rows = AuditEntry.objects.filter(course=course, action=MADE).select_related("actor")
    return [
        Taken(
            at=row.at,
            by=row.actor.name if row.actor else "the command line",
            format=row.detail.get("format", ""),
            detail=row.detail,
        )
        for row in rows.order_by("-pk")[:_RECENT]
    ]


def last_mapping(course: Course) -> dict[str, str]:
    """Which column of somebody else's file was filled with what the last time; one query."""
    rows = AuditEntry.objects.filter(course=course, action=MADE, detail__format=FILLED)
    last = rows.order_by("-pk").first()
    return dict(last.detail.get("columns", {})) if last else {}


def record(access: CourseAccess, subject: str, detail: dict[str, Any]) -> None:
    """Write that the reader has taken something out; in the caller's transaction."""
    record_for(access.course, access.membership.user, subject, detail)


def record_for(course: Course, actor: User | None, subject: str, detail: dict[str, Any]) -> None:
    """The same from the command line, where the service itself is the actor."""
    AuditEntry.objects.create(
        course=course, actor=actor, action=MADE, subject=subject[:100], detail=detail
    )
