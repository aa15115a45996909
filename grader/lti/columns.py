"""Which column of a platform's gradebook a homework or an exam is sent to. Writes `LineItem`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from grader.domain.gradebook import Column, ColumnKind
from grader.errors import GraderError
from grader.lti import scores
from grader.models import Assignment, AuditEntry, Course, LineItem, LtiContext, User

CONNECTED, DISCONNECTED = "lti.column.connect", "lti.column.disconnect"
"""What the audit log calls them."""
NEW = "new"
"""Stands for a column that is still to be made."""


class ColumnRefused(GraderError):  # noqa: N818 - what happened, not which code
    """A column cannot be connected so; the message says why and what to do."""


def context_of(course: Course, pk: int) -> LtiContext | None:
    """A platform's course that is connected with this one."""
    rows = LtiContext.objects.filter(course=course, pk=pk)
    return rows.select_related("deployment__platform", "course").first()


def connected_to(context: LtiContext, column: Column) -> LineItem | None:
    """Where a column of ours is sent to within a platform's course."""
    return LineItem.objects.filter(context=context, gone_at=None, **_of(column)).first()


def proposed(
    context: LtiContext, column: Column, found: Iterable[scores.Column]
) -> tuple[LineItem | None, str]:
    """Where a column of ours is sent to, and which of theirs to offer first: `NEW` if none fits."""
    item = connected_to(context, column)
    if item is not None:
        return item, item.url
    fitting = (
        each.url
        for each in found
        if each.resource_id == column.slug or each.label.strip() == column.title
    )
    return None, next(fitting, NEW)


def connect(
    context: LtiContext, column: Column, url: str, *, actor: User | None, now: datetime
) -> LineItem:
    """Send a column of ours to this one of theirs, or with `NEW` to one that is made.

    It must be one of those that the platform tells of. `ColumnRefused`, `ServiceFailed`.
    """
    if column.possible is None:
        raise ColumnRefused(
            f"{column.title} has no content yet, so nobody knows of how many points."
        )
    if url == NEW:
        made = scores.make_column(
            context,
            label=column.title,
            maximum=column.possible,
            resource_id=column.slug,
            now=now,
        )
        url = made.url
    elif url not in {each.url for each in scores.columns(context, now=now)}:
        raise ColumnRefused("The platform has no such column any more: look at its columns again.")
    taken = LineItem.objects.filter(context=context, url=url, gone_at=None).exclude(**_of(column))
    if taken.exists():
        raise ColumnRefused("Another homework or exam is sent to that column already.")
    return _write(context, column, url, actor, now)


@transaction.atomic
def follow_launch(
    context: LtiContext, assignment: Assignment, url: str, *, actor: User | None
) -> None:
    """A launch names the column that goes with its link: the homework's grades go there.

    One that was gone is there again. What staff decided about the column holds: only an `actor` who
    says now where the link leads decides anew.
    """
    item = LineItem.objects.filter(context=context, url=url).first()
    if item is not None:
        is_so = item.assignment_id == assignment.pk and item.gone_at is None
        if is_so or (actor is None and _is_decided(item)):
            return
    aim = {"assignment": assignment, "exam": None, "gone_at": None}
    item, _ = LineItem.objects.update_or_create(context=context, url=url, defaults=aim)
    _tell(item, CONNECTED, actor)


@transaction.atomic
def disconnect(item: LineItem, *, actor: User | None, now: datetime) -> None:
    """Send nothing there any more. What was sent stays there, and is remembered here."""
    if LineItem.objects.filter(pk=item.pk, gone_at=None).update(gone_at=now):
        _tell(item, DISCONNECTED, actor)


@transaction.atomic
def _write(
    context: LtiContext, column: Column, url: str, actor: User | None, now: datetime
) -> LineItem:
    for old in LineItem.objects.filter(context=context, gone_at=None, **_of(column)).exclude(
        url=url
    ):
        disconnect(old, actor=actor, now=now)
    aim = {"assignment_id": None, "exam_id": None, **_of(column), "gone_at": None}
    item, _ = LineItem.objects.update_or_create(context=context, url=url, defaults=aim)
    _tell(item, CONNECTED, actor)
    return item


def _of(column: Column) -> dict[str, int]:
    return {"assignment_id" if column.kind == ColumnKind.HOMEWORK else "exam_id": column.pk}


def _is_decided(item: LineItem) -> bool:
    """Whether a person, not a launch, said last where this column belongs."""
    told = AuditEntry.objects.filter(
        course=item.context.course,
        action__in=(CONNECTED, DISCONNECTED),
        subject=f"line item {item.pk}",
    )
    last = told.order_by("pk").last()
    return last is not None and last.actor_id is not None


def _tell(item: LineItem, action: str, actor: User | None) -> None:
    course = item.context.course
    assert course is not None
    AuditEntry.objects.create(
        course=course,
        actor=actor,
        action=action,
        subject=f"line item {item.pk}",
        detail={"url": item.url, "assignment": item.assignment_id, "exam": item.exam_id},
    )
