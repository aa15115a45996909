"""The gradebook as somebody has chosen to take it out: which rows and columns, when, by whom."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from grader.domain.gradebook import Cell, CellState, Column, Weight
from grader.models import Course
from grader.queries.gradebook import Row, gradebook


@dataclass(frozen=True, slots=True)
class Choice:
    """What goes into a file of grades."""

    sections: tuple[str, ...] = ()
    """Names; none is all, and those without a section too."""
    withdrawn: bool = False
    """Whether those who withdrew go in."""
    released: bool = False
    """Only columns whose grades are released: a file that students may see."""
    bom: bool = False
    """Whether a CSV begins with a byte-order mark, by which Excel knows UTF-8."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a writer of a format gets: columns, and rows with a cell for each of them."""

    course: Course
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    weights: tuple[Weight, ...]
    choice: Choice
    made_at: datetime
    made_by: str
    has_totals: bool
    """Whether all columns are there: a total would tell what a missing one holds."""


def sheet(course: Course, choice: Choice, *, now: datetime, by: str) -> Sheet:
    """The chosen part of a course's gradebook; as many queries as the gradebook has."""
    book = gradebook(course, now=now)
    kept = [
        place
        for place, column in enumerate(book.columns)
        if not choice.released or column.released_at is not None
    ]
    whole = len(kept) == len(book.columns)
    rows = [
        row if whole else replace(row, cells=tuple(row.cells[place] for place in kept))
        for row in book.rows
        if (choice.withdrawn or row.active)
        and (not choice.sections or row.section in choice.sections)
    ]
    return Sheet(
        course=course,
        columns=tuple(book.columns[place] for place in kept),
        rows=tuple(rows),
        weights=book.weights,
        choice=choice,
        made_at=now,
        made_by=by,
        has_totals=whole,
    )


def points_of(cell: Cell) -> Decimal | None:
    """What counts of a cell, with two places; None where nothing does."""
    return None if cell.final is None else cell.final.quantize(Decimal("0.01"))


def is_excused(cell: Cell) -> bool:
    """Whether the column does not count for the student."""
    return cell.state == CellState.EXCUSED


def login_of(email: str) -> str:
    """The part of an address by which a university's systems know its people."""
    return email.partition("@")[0]


def split_name(name: str) -> tuple[str, str]:
    """First and last name, for formats that have two columns; the last word is the last name."""
    if "," in name:
        last, _, first = name.partition(",")
        return first.strip(), last.strip()
    first, _, last = name.strip().rpartition(" ")
    return (first, last) if first else (last, "")
