"""Our grades in somebody else's file: Canvas' own gradebook, or any table with students in rows.

The file comes back with the cells of the chosen columns filled, and everything else byte for byte.
Where nothing counts for a student, the cell stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from grader.domain.gradebook import Column
from grader.domain.points import round_points
from grader.errors import TableUnreadable
from grader.exports.canvas import DROPPED, EXCUSED, IDENTIFIED
from grader.exports.in_place import Original, original
from grader.exports.sheet import Sheet, is_excused, points_of
from grader.exports.students import Students
from grader.queries.gradebook import Row

TOTAL, SO_FAR = "total", "so-far"
"""What a column may be filled with beside a homework or an exam."""
MOST_ROWS = 20_000
_HUNDRED = Decimal(100)
_READ_ONLY = "(read only)"
_TEST_STUDENT = "student, test"
_COMMA = re.compile(r"\d+,\d{1,2}")
_HEADS = frozenset({"section", "integration id", "root account"})


@dataclass(frozen=True, slots=True)
class Slot:
    """A column of the file that may be filled."""

    place: int
    header: str
    possible: Decimal | None
    """Of how many points the file says it is."""
    choice: str
    """The slug of what fills it, or `TOTAL` or `SO_FAR`; empty leaves it as it is."""
    note: str = ""
    """What staff should know of this choice."""


@dataclass(frozen=True, slots=True)
class Change:
    """A cell that becomes another."""

    line: int
    student: str
    header: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A row that stays as it is, because nobody knows who it is."""

    line: int
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Filling:
    """What would be written into a file, and what would not."""

    is_canvas: bool
    slots: tuple[Slot, ...]
    untouched: tuple[str, ...]
    """Names of columns that cannot be filled: Canvas' totals, and what it reads only."""
    changes: tuple[Change, ...]
    same: int
    """How many cells of the chosen columns say it already."""
    unmatched: tuple[Unmatched, ...]
    absent: tuple[str, ...]
    """Students of ours who are not in the file."""

    @property
    def mapping(self) -> dict[str, str]:
        """What fills which column, by the column's name."""
        return {slot.header: slot.choice for slot in self.slots if slot.choice}


class Filler:
    """A file that is to be filled from a sheet."""

    def __init__(self, content: bytes, sheet: Sheet) -> None:
        """Read the file; `TableUnreadable` says what is wrong with it."""
        self.file: Original = original(content, most_rows=MOST_ROWS)
        self.sheet = sheet
        self.students = Students(sheet.rows, self.file.table)
        if not self.students.can_tell:
            raise TableUnreadable(
                "No column of the file says who a row is: it needs one that is called as in "
                "Canvas, SIS User ID, SIS Login ID or Student, or Student ID, Email or Name, in "
                "its first line."
            )
        header = [name.strip() for name in self.file.table.header]
        self.header = header
        first = header[0].casefold()
        self.is_canvas = "student" in first or first == "lastname"
        self.points = next(
            (row.cells for row in self.file.table.rows if "Points Possible" in row.cells[0]), None
        )
        # A file that writes 87,5 is given numbers in its own way.
        cells = (cell.strip() for row in self.file.table.rows for cell in row.cells)
        self.comma = self.file.table.separator != "," and any(map(_COMMA.fullmatch, cells))

    def proposals(self, remembered: Mapping[str, str]) -> dict[int, str]:
        """What should fill which column: as the last time, or by the title."""
        known = {column.slug for column in self.sheet.columns} | {TOTAL, SO_FAR}
        titles = {column.title.casefold(): column.slug for column in self.sheet.columns}
        by_title = {name: titles.get(_title(name).casefold(), "") for name in self.header}
        found: dict[int, str] = {}
        for told in (remembered, by_title):
            for place in self._open():
                choice = told.get(self.header[place], "")
                if choice in known and place not in found and choice not in found.values():
                    found[place] = choice
        return found

    def plan(self, chosen: Mapping[int, str], *, scale: bool) -> tuple[Filling, bytes]:
        """What the file would become, and the file.

        chosen: what fills which column, by its place; what is not known fills nothing
        scale: whether points are brought to the maximum that the file names
        """
        slots = [self._slot(place, chosen.get(place, ""), scale=scale) for place in self._open()]
        filled = [slot for slot in slots if slot.choice]
        changes: dict[tuple[int, int], str] = {}
        told: list[Change] = []
        unmatched: list[Unmatched] = []
        same, seen = 0, dict(self._rows(unmatched))
        for number, row in seen.items():
            line, cells = self.file.table.rows[number].line, self.file.table.rows[number].cells
            for slot in filled:
                new, old = self._value(row, slot, scale=scale), cells[slot.place].strip()
                if new is None or old.upper() == "N/A":
                    continue
                if self._says(old, new):
                    same += 1
                    continue
                changes[number, slot.place] = new
                told.append(Change(line, row.name, slot.header, old, new))
        here = {row.member for row in seen.values()}
        absent = [row.name for row in self.sheet.rows if row.active and row.member not in here]
        filling = Filling(
            is_canvas=self.is_canvas,
            slots=tuple(slots),
            untouched=tuple(self._closed()),
            changes=tuple(told),
            same=same,
            unmatched=tuple(unmatched),
            absent=tuple(absent),
        )
        return filling, self.file.with_cells(changes)

    def _rows(self, unmatched: list[Unmatched]) -> Iterator[tuple[int, Row]]:
        """The rows that are somebody's, by their number; who the others are is told."""
        found: dict[int, tuple[int, Row]] = {}
        twice: set[int] = set()
        for number, row in enumerate(self.file.table.rows):
            name = self.students.shown(row.cells)
            if self._is_no_student(row.cells, name):
                continue
            who = self.students.who(row.cells)
            if who.row is None:
                unmatched.append(Unmatched(row.line, name, who.why))
            elif who.row.member in found:
                twice.add(who.row.member)
                unmatched.append(Unmatched(row.line, name, "the same student as another row"))
            else:
                found[who.row.member] = (number, who.row)
        for member in twice:
            number, student = found.pop(member)
            line = self.file.table.rows[number].line
            unmatched.append(Unmatched(line, student.name, "the same student as another row"))
        yield from found.values()

    def _is_no_student(self, cells: Sequence[str], name: str) -> bool:
        """Whether it is a row of Canvas' own: maximum points, how grades are posted, its test."""
        own = all(
            cell.strip() == "" or cell.strip().startswith(("Manual Posting", "Muted"))
            for cell in cells
        )
        return self.is_canvas and (
            own
            or "Points Possible" in cells[0]
            or name.casefold() in (_TEST_STUDENT, "test student")
        )

    def _open(self) -> list[int]:
        """The columns that may be filled."""
        closed = self.students.places
        return [
            place
            for place, name in enumerate(self.header)
            if place not in closed and name.casefold() not in _HEADS and not self._is_closed(place)
        ]

    def _closed(self) -> list[str]:
        return [name for place, name in enumerate(self.header) if self._is_closed(place)]

    def _is_closed(self, place: int) -> bool:
        if not self.is_canvas:
            return False
        read_only = self.points is not None and _READ_ONLY in self.points[place]
        return read_only or bool(DROPPED.search(self.header[place]))

    def _slot(self, place: int, choice: str, *, scale: bool) -> Slot:
        most = _number(self.points[place]) if self.points else None
        column = self._column(choice)
        if choice not in (TOTAL, SO_FAR) and column is None:
            return Slot(place, self.header[place], most, "")
        if choice in (TOTAL, SO_FAR) and not self.sheet.has_totals:
            return Slot(place, self.header[place], most, "")
        notes = []
        if column is not None and column.released_at is None:
            notes.append("its grades are not released here")
        ours = _HUNDRED if column is None else column.possible
        if most and ours and most != ours:
            how = "points are brought to that" if scale else "points are written as they are here"
            notes.append(f"{_plain(ours)} points here, {_plain(most)} in the file: {how}")
        return Slot(place, self.header[place], most, choice, "; ".join(notes))

    def _column(self, choice: str) -> Column | None:
        return next((column for column in self.sheet.columns if column.slug == choice), None)

    def _value(self, row: Row, slot: Slot, *, scale: bool) -> str | None:
        """What a student's cell is to say; None leaves it."""
        if slot.choice in (TOTAL, SO_FAR):
            points = row.total.earned if slot.choice == TOTAL else row.total.so_far
            possible: Decimal | None = _HUNDRED
        else:
            place = next(n for n, c in enumerate(self.sheet.columns) if c.slug == slot.choice)
            cell = row.cells[place]
            if is_excused(cell):
                return EXCUSED if self.is_canvas else None
            points, possible = points_of(cell), cell.possible
        if points is None:
            return None
        if scale and slot.possible and possible and slot.possible != possible:
            points = round_points(points * slot.possible / possible)
        text = f"{points:f}"
        return text.replace(".", ",") if self.comma else text

    def _says(self, old: str, new: str) -> bool:
        """Whether the cell says it already, in whatever way of writing."""
        if EXCUSED in (old.upper(), new):
            return old.upper() == new
        return _number(old) == _number(new)


def fillers(sheet: Sheet) -> list[tuple[str, str]]:
    """What a column may be filled with, and its name."""
    columns = [(column.slug, column.title) for column in sheet.columns]
    totals = [(TOTAL, "Total of 100"), (SO_FAR, "Per cent so far")] if sheet.has_totals else []
    return columns + totals


def _title(header: str) -> str:
    """A column's title, without Canvas' own number."""
    found = IDENTIFIED.match(header)
    return found["title"].strip() if found else header


def _number(text: str) -> Decimal | None:
    """A number with a point or a comma, to the hundredth; None for what is none."""
    try:
        number = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return None
    return round_points(number) if number.is_finite() and abs(number) < 10**9 else None


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
