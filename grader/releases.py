"""Grades are shown when the instructor says so: releases of homeworks and exams, and back.

Released, a homework shows its `after_published` checks and what was decided by hand, an exam its
points. Each act is in the audit log, and each student whose grade became visible gets one message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from grader.domain.gradebook import CellState, ColumnKind
from grader.messages import Told, tell_all
from grader.models import Assignment, AuditEntry, Course, Exam, User
from grader.queries.releases import Shown, shown_by
from grader.site_addresses import grades_page

RELEASED = "grades.released"
WITHDRAWN = "grades.withdrawn"
_VISIBLE = frozenset({CellState.SCORED, CellState.EXCUSED})


@dataclass(frozen=True, slots=True)
class Released:
    """What a release did."""

    title: str
    told: int
    """How many students got a message: not those who had one before."""


@transaction.atomic
def release(
    item: Assignment | Exam, actor: User, *, now: datetime, tell_again: bool = False
) -> Released:
    """Show the grades of a homework or an exam to its students.

    What is released already stays so: students who have a grade since then are told of it.
    tell_again: also who was told before
    """
    item = _locked(item)
    again = item.released_at is not None
    if item.released_at is None:
        item.released_at = now
        item.save(update_fields=["released_at"])
    shown = shown_by(item.course, _kind(item), item.pk, now)
    told = tell_all(item.course, RELEASED, _messages(item, shown, now if tell_again else None))
    counts = {"graded": shown.graded, "waiting": shown.waiting, "missing": shown.missing}
    detail = {**counts, "faults": shown.faults, "told": told, "again": again}
    _note(item, actor, RELEASED, detail)
    return Released(item.title, told)


@transaction.atomic
def withdraw(item: Assignment | Exam, actor: User) -> bool:
    """Hide the grades again; False, and nothing is done, where they are hidden."""
    item = _locked(item)
    if item.released_at is None:
        return False
    detail = {"released_at": item.released_at.isoformat()}
    item.released_at = None
    item.save(update_fields=["released_at"])
    _note(item, actor, WITHDRAWN, detail)
    return True


def releasable(course: Course, kind: str, slug: str) -> Assignment | Exam | None:
    """The homework or exam of a course with this name."""
    if kind == ColumnKind.EXAM:
        return Exam.objects.filter(course=course, slug=slug).first()
    if kind == ColumnKind.HOMEWORK:
        return Assignment.objects.filter(course=course, slug=slug).first()
    return None


def _locked(item: Assignment | Exam) -> Assignment | Exam:
    """As it is now; of two who press the button, the second one finds it pressed."""
    if isinstance(item, Exam):
        return Exam.objects.select_for_update(no_key=True).get(pk=item.pk)
    return Assignment.objects.select_for_update(no_key=True).get(pk=item.pk)


def _kind(item: Assignment | Exam) -> ColumnKind:
    return ColumnKind.EXAM if isinstance(item, Exam) else ColumnKind.HOMEWORK


def _messages(item: Assignment | Exam, shown: Shown, round_: datetime | None) -> Iterator[Told]:
    course, name = item.course, _name(item)
    suffix = f":{round_.isoformat()}" if round_ else ""
    for row, cell in shown.cells:
        if cell.state in _VISIBLE:
            yield Told(
                to=row.user,
                key=f"{RELEASED}:{name}:{row.user}{suffix}",
                subject=f"{course.code}: your grade in {item.title}",
                body=(
                    f"Hello {row.name},\n\nyour grade in {item.title} of {course.code} "
                    f"({course.title}) is released. Here you see it, and how it came about:\n\n"
                    f"{grades_page(course.slug)}\n\nIf you think that it is wrong, tell the staff "
                    "of the course.\n"
                ),
            )


def _name(item: Assignment | Exam) -> str:
    return f"{'exam' if isinstance(item, Exam) else 'assignment'} {item.pk}"


def _note(item: Assignment | Exam, actor: User, action: str, detail: Mapping[str, object]) -> None:
    AuditEntry.objects.create(
        course=item.course, actor=actor, action=action, subject=_name(item), detail=detail
    )
