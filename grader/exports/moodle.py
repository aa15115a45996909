"""Grades for Moodle's import: a file for each item, with the students whose grade counts.

Moodle takes all of a file or nothing, and an empty cell erases a grade. So each item has a file of
its own, and who has no grade in it is left out. Source: Moodle's `grade/import`.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from grader.domain.gradebook import Cell, Column
from grader.exports.cells import encoded
from grader.exports.safe_names import Taken, safe_part
from grader.exports.sheet import Sheet, is_excused, points_of
from grader.exports.streamed_zip import Entry, zipped

_HOW = """\
How to import these files into Moodle

For each file: Grades, Import, CSV file. Separator: comma. Encoding: UTF-8.
Identify users by "ID number" or by "Email address", whichever your Moodle has; map the item's
column to the grade item, and its feedback column to the feedback of the same item. Never map the
feedback alone: Moodle then erases the grades.

A grade that is imported for an activity counts as overridden in Moodle from then on.
Moodle takes all of a file or nothing: who is unknown there stops the whole file, and Moodle names
the line.
"""


def moodle_zip(sheet: Sheet) -> Iterator[bytes]:
    """The files, and a text that says how to import them and who was left out."""
    return zipped(_entries(sheet), sheet.made_at)


def _entries(sheet: Sheet) -> Iterator[Entry]:
    taken, told = Taken(), [_HOW]
    for place, column in enumerate(sheet.columns):
        left_out = [
            f"{row.name} <{row.email}>: {reason}"
            for row in sheet.rows
            if (reason := _reason(row.cells[place], column))
        ]
        name = taken.new(f"{safe_part(column.title)}.csv")
        yield name, b"".join(encoded(_rows(sheet, place, column), bom=sheet.choice.bom))
        told.append(f"Left out of {name}: {len(left_out)}")
        told += [f"    {line}" for line in left_out]
    yield (
        taken.new("How to import.txt"),
        ("\r\n".join("\n".join(told).split("\n")) + "\r\n").encode(),
    )


def _rows(sheet: Sheet, place: int, column: Column) -> Iterator[tuple[str | Decimal | None, ...]]:
    yield ("ID number", "Email address", column.title, f"{column.title} (feedback)")
    for row in sheet.rows:
        cell = row.cells[place]
        if not _reason(cell, column):
            yield (row.number, row.email, points_of(cell), _feedback(cell))


def _reason(cell: Cell, column: Column) -> str:
    """Why a student is left out; empty for who is not."""
    points = points_of(cell)
    if is_excused(cell):
        return "excused, which an import cannot say: set it in Moodle"
    if points is None:
        return cell.state.value
    most = column.possible
    if most is not None and points > most:
        return f"{points:f} is more than the maximum of {most:f}, and would stop the import"
    return ""


def _feedback(cell: Cell) -> str:
    """Why the points are what they are, in a few words."""
    if cell.overridden:
        return "Set by the course's staff."
    if cell.penalty:
        days = f"{cell.late_days} day{'' if cell.late_days == 1 else 's'} late"
        return f"{cell.raw:f} points, {cell.penalty:f} less for being {days}."
    return ""
