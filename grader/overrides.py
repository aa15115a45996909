"""What a person decides about one grade: its points, that it does not count, or neither any more.

A decision is a row more and changes none; the newest for a student and a column holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet

from grader.domain.gradebook import Cell, CellState, Column, ColumnKind
from grader.domain.overrides import OverrideKind
from grader.domain.points import round_points
from grader.errors import OverrideRefused
from grader.models import AuditEntry, Membership, Override, User
from grader.queries.gradebook import gradebook

MOST_POINTS = Decimal("99999.99")
"""As many as the table can hold."""
LONGEST_REASON = 500


@transaction.atomic
def decide(
    student: Membership,
    column: Column,
    kind: OverrideKind,
    *,
    points: Decimal | None = None,
    extra: bool = False,
    reason: str,
    author: User,
    now: datetime,
) -> Override:
    """Override a student's grade in a column; with `LIFTED`, the computed grade counts again.

    points: with `POINTS`, what counts in the end, penalty and all
    extra: whether more than all points are meant

    `OverrideRefused` tells all that is wrong, and nothing is written. The same decision, sent
    twice, is one row.
    """
    # Of two decisions at a time, the second one finds the first.
    Membership.objects.select_for_update(no_key=True).get(pk=student.pk)
    book = gradebook(student.course, now=now, student=student)
    cell = book.rows[0].cells[book.columns.index(column)]
    reason = reason.strip()
    given = round_points(points) if kind == OverrideKind.POINTS and points is not None else None
    sentences = dict(_faults(cell, kind, given, extra=extra, reason=reason))
    last = _of(student, column).last()
    if kind == OverrideKind.LIFTED and (last is None or last.kind == OverrideKind.LIFTED):
        sentences["kind"] = "There is no override here, so there is nothing to lift."
    if sentences:
        raise OverrideRefused(sentences)
    if last is not None and (last.kind, last.points, last.reason) == (kind, given, reason):
        return last
    return _write(student, column, cell, kind, given, reason, author)


def _of(student: Membership, column: Column) -> QuerySet[Override]:
    where = {_name(column): column.pk}
    return Override.objects.filter(student=student, **where).order_by("pk")


def _name(column: Column) -> str:
    return "exam_id" if column.kind == ColumnKind.EXAM else "assignment_id"


def _faults(
    cell: Cell, kind: OverrideKind, points: Decimal | None, *, extra: bool, reason: str
) -> Iterator[tuple[str, str]]:
    """What is wrong with a decision: the name of its part, and a sentence."""
    if not reason:
        yield "reason", "Write a reason: it is kept, and the student reads it after the release."
    elif len(reason) > LONGEST_REASON:
        yield "reason", f"Write at most {LONGEST_REASON} characters; these are {len(reason)}."
    if kind != OverrideKind.POINTS:
        return
    if cell.possible is None:
        yield "points", "This homework has no content yet, so nobody knows of how many points."
    elif points is None:
        yield "points", f"Write the points, from 0 to {cell.possible}."
    elif not points.is_finite() or points < 0 or points > MOST_POINTS:
        yield "points", f"Write a number from 0 to {cell.possible}."
    elif points > cell.possible and not extra:
        yield "points", f"There are {cell.possible} points. Tick “extra points” if you mean more."


def _write(
    student: Membership,
    column: Column,
    cell: Cell,
    kind: OverrideKind,
    points: Decimal | None,
    reason: str,
    author: User,
) -> Override:
    made = Override.objects.create(
        student=student,
        kind=kind.value,
        points=points,
        reason=reason,
        author=author,
        **{_name(column): column.pk},
    )
    before = "excused" if cell.state == CellState.EXCUSED else cell.final
    AuditEntry.objects.create(
        course=student.course,
        actor=author,
        action=f"override.{kind.value}",
        subject=f"{_name(column).removesuffix('_id')} {column.pk}",
        detail={
            "student": student.pk,
            "override": made.pk,
            "points": None if points is None else str(points),
            "before": None if before is None else str(before),
            "reason": reason,
        },
    )
    return made
