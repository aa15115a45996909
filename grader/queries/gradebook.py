"""The gradebook of a course: its students, its homeworks and exams, and the course totals.

A constant number of queries, whatever the class.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from grader.domain.gradebook import (
    Cell,
    Column,
    ColumnKind,
    Total,
    Weight,
    homework_group,
    total,
    weights_of,
)
from grader.domain.states import Role
from grader.domain.visibility import Audience
from grader.models import Assignment, Course, Exam, Membership
from grader.queries.cells import Cells

_BULKY = ("version__spec", "version__statement")


@dataclass(frozen=True, slots=True)
class Row:
    """A student of the course; `cells` in the order of the columns."""

    member: int
    """The key of the membership."""
    name: str
    email: str
    number: str
    section: str
    """Empty without one."""
    active: bool
    """Whether the student takes part; one who withdrew stays in the book."""
    cells: tuple[Cell, ...]
    total: Total


@dataclass(frozen=True, slots=True)
class Gradebook:
    """All grades of a course, or those of one student."""

    course: Course
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    weights: tuple[Weight, ...]

    @property
    def groups(self) -> tuple[str, ...]:
        """For each column, the weight that it counts in."""
        return tuple(column.group for column in self.columns)


def gradebook(
    course: Course,
    *,
    now: datetime,
    student: Membership | None = None,
    audience: Audience = Audience.STAFF,
) -> Gradebook:
    """The grades of all students by name, those who withdrew too; eight queries.

    student: of this person alone
    audience: for students, points of an exam and overrides are not there before their release
    """
    weights = weights_of(course.weights)
    homeworks = list(course.assignments.select_related("version").defer(*_BULKY))
    exams = list(course.exams.all())
    columns = tuple(_columns(weights, homeworks, exams))
    groups = tuple(column.group for column in columns)
    shown = [c for c in columns if audience == Audience.STAFF or c.released_at is not None]
    cells = Cells(course, homeworks, now=now, student=student, decisions_in=shown)
    rows = []
    for member in _members(course, student):
        own = tuple(cells.of(column, member["pk"], member["section"]) for column in columns)
        rows.append(_row(member, own, total(weights, groups, own)))
    return Gradebook(course, columns, tuple(rows), weights)


def _columns(
    weights: Sequence[Weight], homeworks: Iterable[Assignment], exams: Sequence[Exam]
) -> Iterator[Column]:
    group = homework_group(weights, [exam.group for exam in exams])
    for homework in homeworks:
        yield Column(
            kind=ColumnKind.HOMEWORK,
            pk=homework.pk,
            slug=homework.slug,
            title=homework.title,
            group=group,
            possible=homework.version.points if homework.version else None,
            released_at=homework.released_at,
        )
    for exam in exams:
        yield Column(
            kind=ColumnKind.EXAM,
            pk=exam.pk,
            slug=exam.slug,
            title=exam.title,
            group=exam.group,
            possible=exam.possible,
            released_at=exam.released_at,
        )


def _members(course: Course, student: Membership | None) -> Any:
    rows = Membership.objects.filter(course=course)
    rows = rows.filter(pk=student.pk) if student else rows.filter(role=Role.STUDENT)
    columns = ("user__name", "user__email", "student_number", "section__name", "active")
    return rows.order_by("user__name", "user__email").values("pk", "section", *columns)


def _row(member: Mapping[str, Any], cells: tuple[Cell, ...], earned: Total) -> Row:
    return Row(
        member=member["pk"],
        name=member["user__name"],
        email=member["user__email"],
        number=member["student_number"],
        section=member["section__name"] or "",
        active=member["active"],
        cells=cells,
        total=earned,
    )
