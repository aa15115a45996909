"""The gradebook as staff look at it: whom they asked for, in which order, the class in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from grader.access import CourseAccess
from grader.domain.gradebook import Cell, CellState, Column
from grader.domain.summary import Summary, histogram, summary
from grader.models import Course
from grader.queries.gradebook import Gradebook, Row, gradebook

NAME, NUMBER, SECTION = "name", "number", "section"
SO_FAR, TOTAL = "so-far", "total"
"""What can be sorted by beside the columns, which go by their slugs."""
NO_SECTION = "-"
"""Asks for those who are in no section."""
_WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the reader asked for. What does not exist is as if it had not been asked for."""

    words: str = ""
    section: str = ""
    withdrawn: bool = False
    sort: str = NAME
    down: bool = False


@dataclass(frozen=True, slots=True)
class ColumnSummary:
    """A column in numbers, over the students that are shown."""

    title: str
    possible: Decimal
    numbers: Summary | None
    bins: tuple[int, ...]
    without: tuple[tuple[CellState, bool, int], ...] = ()
    """Who has no points there: the state, whether that is decided, and how many there are."""


@dataclass(frozen=True, slots=True)
class GradebookPage:
    """The rows that were asked for, and what else the page needs."""

    course: Course
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    asked: Asked
    sections: tuple[str, ...]
    size: int
    """How many students are in the book, whoever is shown."""
    withdrawn: int
    """How many of them have withdrawn."""
    summaries: tuple[ColumnSummary, ...]


def gradebook_page(access: CourseAccess, asked: Mapping[str, str], now: datetime) -> GradebookPage:
    """The gradebook at `now`; eight queries."""
    book = gradebook(access.course, now=now)
    sections = tuple(sorted({row.section for row in book.rows if row.section}))
    wanted = _asked(asked, book, sections)
    rows = _in_order(book, [row for row in book.rows if _fits(row, wanted)], wanted)
    return GradebookPage(
        course=access.course,
        columns=book.columns,
        rows=tuple(rows),
        asked=wanted,
        sections=sections,
        size=len(book.rows),
        withdrawn=sum(not row.active for row in book.rows),
        summaries=_summaries(book, rows),
    )


def _asked(asked: Mapping[str, str], book: Gradebook, sections: Sequence[str]) -> Asked:
    sort = asked.get("sort", "")
    by = sort.removeprefix("-")
    keys = {NAME, NUMBER, SECTION, SO_FAR, TOTAL, *(column.slug for column in book.columns)}
    section = asked.get("section", "")
    return Asked(
        words=asked.get("q", "").strip(),
        section=section if section in (NO_SECTION, *sections) else "",
        withdrawn=bool(asked.get("withdrawn")),
        sort=by if by in keys else NAME,
        down=by in keys and sort.startswith("-"),
    )


def _fits(row: Row, asked: Asked) -> bool:
    if not (row.active or asked.withdrawn):
        return False
    if asked.section and row.section != ("" if asked.section == NO_SECTION else asked.section):
        return False
    told = f"{row.name}\n{row.email}\n{row.number}".casefold()
    return all(word in told for word in asked.words.casefold().split())


def _in_order(book: Gradebook, rows: list[Row], asked: Asked) -> list[Row]:
    """By what was asked; who has nothing there comes last either way, and equals by name."""
    key = _key(book, asked.sort)
    rows = sorted(rows, key=_name)
    with_it = [row for row in rows if key(row) is not None]
    without = [row for row in rows if key(row) is None]
    return sorted(with_it, key=key, reverse=asked.down) + sorted(
        without, key=lambda row: _state(book, row, asked.sort)
    )


def _name(row: Row) -> tuple[str, str]:
    return row.name.casefold(), row.email


def _key(book: Gradebook, sort: str) -> Callable[[Row], Any]:
    plain: dict[str, Callable[[Row], Any]] = {
        NAME: _name,
        NUMBER: lambda row: row.number or None,
        SECTION: lambda row: row.section or None,
        SO_FAR: lambda row: row.total.so_far,
        TOTAL: lambda row: row.total.earned,
    }
    if sort in plain:
        return plain[sort]
    place = _place(book, sort)
    return lambda row: _share(row.cells[place])


def _place(book: Gradebook, slug: str) -> int:
    return [column.slug for column in book.columns].index(slug)


def _share(cell: Cell) -> Decimal | None:
    return None if cell.final is None else cell.final / (cell.possible or _WHOLE)


def _state(book: Gradebook, row: Row, sort: str) -> str:
    """So that all who are missing stand together."""
    if sort in {column.slug for column in book.columns}:
        return row.cells[_place(book, sort)].state
    return ""


def _summaries(book: Gradebook, rows: Sequence[Row]) -> tuple[ColumnSummary, ...]:
    columns = (
        _of_column(column, [row.cells[place] for row in rows])
        for place, column in enumerate(book.columns)
    )
    totals = [row.total.earned for row in rows if row.total.earned is not None]
    so_far = [row.total.so_far for row in rows if row.total.so_far is not None]
    return (
        *columns,
        *(
            ColumnSummary(title, _WHOLE, summary(numbers), histogram(numbers, _WHOLE))
            for title, numbers in (("So far", so_far), ("Total", totals))
            if book.weights
        ),
    )


def _of_column(column: Column, cells: Sequence[Cell]) -> ColumnSummary:
    possible = column.possible or _WHOLE
    numbers = [cell.final for cell in cells if cell.final is not None]
    # By shares: a version with other points than today's has its own measure.
    shares = [share for share in map(_share, cells) if share is not None]
    without = Counter((cell.state, cell.decided) for cell in cells if cell.final is None)
    return ColumnSummary(
        title=column.title,
        possible=possible,
        numbers=summary(numbers),
        bins=histogram(shares, Decimal(1)),
        without=tuple((state, decided, n) for (state, decided), n in sorted(without.items())),
    )
