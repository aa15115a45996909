"""What a release shows, before it is made: how many are graded, wait, miss or met a fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from grader.access import CourseAccess
from grader.domain.gradebook import Cell, CellState, Column, ColumnKind
from grader.models import Course, Membership
from grader.queries.gradebook import gradebook


@dataclass(frozen=True, slots=True)
class Person:
    """A student who takes part: the key of the account, and the name."""

    user: int
    name: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A homework or an exam, and how those stand in it who take part."""

    column: Column
    cells: tuple[tuple[Person, Cell], ...]

    def _count(self, *states: CellState) -> int:
        found = Counter(cell.state for _, cell in self.cells)
        return sum(found[state] for state in states)

    @property
    def graded(self) -> int:
        """How many have a grade to see, excused ones too."""
        return self._count(CellState.SCORED, CellState.EXCUSED)

    @property
    def waiting(self) -> int:
        """How many have handed in and have no grade yet; in an exam, who has no points."""
        return self._count(CellState.GRADING, CellState.NOT_GRADED)

    @property
    def newer(self) -> int:
        """Of how many the grade may change, because a further upload waits."""
        return sum(cell.newer_waits for _, cell in self.cells)

    @property
    def missing(self) -> int:
        """How many have handed in nothing."""
        return self._count(CellState.MISSING, CellState.NOT_OPEN)

    @property
    def rejected(self) -> int:
        """Of how many what was handed in last cannot be graded."""
        return self._count(CellState.REJECTED)

    @property
    def faults(self) -> int:
        """How many have no grade because of a fault of ours."""
        return self._count(CellState.FAULT)


@dataclass(frozen=True, slots=True)
class ReleasesPage:
    """All that can be released in a course."""

    rows: tuple[Shown, ...]
    decides: bool
    """Whether the reader may release: only instructors do."""


def releases_page(access: CourseAccess, now: datetime) -> ReleasesPage:
    """Homeworks in their order, then exams; a constant number of queries."""
    return ReleasesPage(tuple(_all(access.course, now)), decides=access.is_instructor)


def shown_by(course: Course, kind: ColumnKind, pk: int, now: datetime) -> Shown:
    """What a release of this one shows."""
    return next(one for one in _all(course, now) if (one.column.kind, one.column.pk) == (kind, pk))


def _all(course: Course, now: datetime) -> Sequence[Shown]:
    book = gradebook(course, now=now)
    rows = [row for row in book.rows if row.active]
    users = dict(Membership.objects.filter(course=course).values_list("pk", "user"))
    people = [Person(users[row.member], row.name) for row in rows]
    return [
        Shown(column, tuple(zip(people, (row.cells[at] for row in rows), strict=True)))
        for at, column in enumerate(book.columns)
    ]
