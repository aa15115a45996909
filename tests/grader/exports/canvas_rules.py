"""What Canvas' importer asks of a gradebook, restated from its documentation and source.

Nothing here knows how our files are made. Source: `lib/gradebook_importer.rb` of Canvas.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from decimal import Decimal

_WITH_ID = re.compile(r"\A(.*)\s\((\d+)\)\Z", re.DOTALL)
_IGNORED = re.compile(r"(Current|Final) (Score|Points|Grade)|Override (Score|Grade|Status)")


class Refused(Exception):  # noqa: N818
    """Canvas says "Invalid header row", or cannot read a cell."""


@dataclass(frozen=True)
class Imported:
    """What Canvas would take of a file."""

    columns: tuple[tuple[str, str], ...]
    """Titles with Canvas' numbers; without one, Canvas offers to make a new assignment."""
    students: tuple[dict[str, str], ...]
    """Their identifying cells, by the name of the column."""
    grades: tuple[dict[str, str], ...]
    """For each student by title: a number, `EX`, or nothing; no entry for what is ignored."""
    possible: dict[str, str]


def imported(content: bytes, custom: tuple[str, ...] = ()) -> Imported:
    """Read a file as Canvas does, or refuse it.

    custom: the names of columns of notes that the course has in Canvas
    """
    text = content.decode("utf-8-sig")
    first_three = "\n".join(text.splitlines()[:3])
    separator = ";" if first_three.count(";") > first_three.count(",") else ","
    header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    people = _student_columns(header)
    columns = {
        place: _identified(name)
        for place, name in enumerate(header[people:], start=people)
        if name and name not in custom and not _IGNORED.search(name)
    }
    possible: dict[str, str] = {}
    students, grades = [], []
    for row in rows:
        if not any(row):
            continue
        if "Points Possible" in row[0]:
            for place in [place for place in columns if "(read only)" in row[place]]:
                del columns[place]
            possible = {columns[place][0]: row[place] for place in columns}
        elif all(cell.strip() in ("", "Muted", "Manual Posting") for cell in row):
            continue
        else:
            students.append(dict(zip(header[:people], row, strict=False)))
            grades.append({columns[place][0]: _grade(row[place], separator) for place in columns})
    return Imported(tuple(columns.values()), tuple(students), tuple(grades), possible)


def _student_columns(header: list[str]) -> int:
    """How many columns are the student's; a header of another shape is refused."""
    place = 0
    if header[:2] == ["LastName", "FirstName"]:
        place = 2
    elif "Student" in header[0]:
        place = 1
    if not place or "ID" not in header[place]:
        raise Refused("Invalid header row")
    place += 1
    if header[place] == "SIS User ID" and header[place + 1] == "SIS Login ID":
        place += 2
        place += header[place] == "Integration ID"
        place += header[place] == "Root Account"
    elif header[place] == "SIS Login ID":
        place += 1
    if "Section" not in header[place]:
        raise Refused("Invalid header row")
    return place + 1


def _identified(name: str) -> tuple[str, str]:
    found = _WITH_ID.match(name)
    return (found[1], found[2]) if found else (name, "")


def _grade(cell: str, separator: str) -> str:
    plain = cell.strip()
    if plain in ("", "-", "N/A"):
        return ""
    if plain.upper() == "EX":
        return "EX"
    if separator == ";":
        plain = plain.replace(",", ".")
    if not re.fullmatch(r"\d+(\.\d+)?", plain):
        raise Refused(f"no grade: {cell!r}")
    return f"{Decimal(plain):.2f}"
