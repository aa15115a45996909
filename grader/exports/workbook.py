"""Grades as an Excel workbook: typed cells, totals as formulas, every check of every homework.

The formulas compute what `domain/gradebook.py` computes: they are built here from the same slots
and weights, which stand on a sheet of their own. Each carries our exact total as its stored value.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from xlsxwriter.utility import xl_range, xl_rowcol_to_cell

from grader.domain.gradebook import Cell, Weight
from grader.exports.checks import Checked, checked
from grader.exports.sheet import Sheet, is_excused, points_of
from grader.exports.totals import EXCUSED, MISSING, Part, per_cent
from grader.queries.gradebook import Row

_PART = 64 * 1024
_IN_MEMORY = 4 * 1024**2
_PERSON = ("Name", "Email", "Student number", "Section", "Status")
_FIRST = len(_PERSON)
_PARTS = ("share (%)", "earned (%)", "decided (%)")
_WEIGHTS = "Weights"
_OPTIONS = {
    # What a student is called is text, whatever it begins with.
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    # Not "constant_memory": each name would be written, and looked through, once for every sheet.
    "default_date_format": "yyyy-mm-dd hh:mm",
}


def workbook(sheet: Sheet) -> Iterator[bytes]:
    """The workbook, written row by row to a draft and then sent."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as draft:
        _write(sheet, draft)
        draft.seek(0)
        while part := draft.read(_PART):
            yield part


def _write(sheet: Sheet, draft: IO[bytes]) -> None:
    with xlsxwriter.Workbook(draft, _OPTIONS) as book:
        pages = _Pages(book)
        _gradebook(pages, sheet)
        for homework in checked(sheet):
            _homework(pages, sheet, homework)
        _exams(pages, sheet)
        _weights(pages, sheet)
        _about(pages, sheet)


@dataclass
class _Pages:
    """A workbook with its formats; names of sheets are made to fit, and stay apart."""

    book: Any
    names: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.head = self.book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self.points = self.book.add_format({"num_format": "0.00"})

    def add(self, name: str, header: Sequence[str], rows: int, *, widths: Sequence[int]) -> Any:
        """A sheet with a frozen header, and a filter over `rows` rows below it."""
        page = self.book.add_worksheet(self._free(name))
        page.freeze_panes(1, 1)
        for column, width in enumerate(widths):
            page.set_column(column, column, width)
        if header:
            for column, text in enumerate(header):
                page.write_string(0, column, text, self.head)
            page.autofilter(0, 0, max(rows, 1), len(header) - 1)
        return page

    def _free(self, name: str) -> str:
        plain = "".join("_" if char in "[]:*?/\\" else char for char in name).strip("' ") or "_"
        free, number = plain[:31], 1
        # Excel keeps the name "History" for itself.
        while free.casefold() in self.names | {"history"}:
            number += 1
            free = f"{plain[:26]} ({number})"
        self.names.add(free.casefold())
        return free


def _gradebook(pages: _Pages, sheet: Sheet) -> None:
    weights = sheet.weights if sheet.has_totals else ()
    totals = ("Total of 100", "So far (%)") if weights else ()
    parts = [f"{weight.title}: {part}" for part in _PARTS for weight in weights]
    header = [*_PERSON, *(column.title for column in sheet.columns), *totals, *parts]
    page = pages.add("Gradebook", header, len(sheet.rows), widths=[28, 30, 14, 10, 10])
    own = [
        tuple(place for place, column in enumerate(sheet.columns) if column.group == weight.id)
        for weight in weights
    ]
    for line, row in enumerate(sheet.rows, start=1):
        _person(page, line, row)
        for column, cell in enumerate(row.cells, start=_FIRST):
            _mark(page, line, column, cell, pages.points)
        if weights:
            _totals(page, line, row, list(zip(weights, own, strict=True)), pages.points)


def _totals(
    page: Any, line: int, row: Row, weights: Sequence[tuple[Weight, tuple[int, ...]]], style: Any
) -> None:
    """The total and what it is so far, then the parts that they are made of."""
    at = _FIRST + len(row.cells)
    shares, earned, decided = (at + 2 + number * len(weights) for number in range(3))

    def whole(first: int) -> str:
        return str(xl_range(line, first, line, first + len(weights) - 1))

    total = (per_cent(whole(earned), whole(shares)), row.total.earned)
    so_far = (per_cent(whole(earned), whole(decided)), row.total.so_far)
    for column, (formula, value) in enumerate((total, so_far), start=at):
        page.write_formula(line, column, formula, style, "" if value is None else float(value))
    for number, (weight, places) in enumerate(weights):
        part = Part(
            weight=weight,
            weight_at=_reference(number, 3),
            slots=max(weight.count, len(places)),
            slots_at=_reference(number, 4),
            grades=tuple(
                (xl_rowcol_to_cell(line, _FIRST + place), row.cells[place]) for place in places
            ),
            share_at=xl_rowcol_to_cell(line, shares + number),
        )
        for column, told in ((shares, part.share), (earned, part.earned), (decided, part.decided)):
            page.write_formula(line, column + number, told[0], style, told[1])


def _reference(number: int, column: int) -> str:
    """Where something of a weight stands."""
    return f"{_WEIGHTS}!{xl_rowcol_to_cell(number + 1, column, row_abs=True, col_abs=True)}"


def _person(page: Any, line: int, row: Row) -> None:
    texts = (row.name, row.email, row.number, row.section)
    for column, text in enumerate(texts):
        if text:
            page.write_string(line, column, text)
    page.write_string(line, len(texts), "active" if row.active else "withdrawn")


def _mark(page: Any, line: int, column: int, cell: Cell, style: Any) -> None:
    points = points_of(cell)
    if is_excused(cell):
        page.write_string(line, column, EXCUSED)
    elif points is not None:
        page.write_number(line, column, float(points), style)
    elif cell.decided:
        page.write_string(line, column, MISSING)


def _homework(pages: _Pages, sheet: Sheet, homework: Checked) -> None:
    header = [
        *_PERSON[:4], "State", "Submission", "Received", "Raw", "Late days", "Slip days", "Penalty",
        "Counts", *(f"{check.title} ({check.of:g})" for check in homework.checks),
    ]  # fmt: skip
    page = pages.add(homework.column.title, header, len(sheet.rows), widths=[28, 30, 14, 10, 12])
    zone, first = sheet.course.zone, len(header) - len(homework.checks)
    for line, row in enumerate(sheet.rows, start=1):
        cell = row.cells[homework.place]
        for column, text in enumerate((row.name, row.email, row.number, row.section)):
            if text:
                page.write_string(line, column, text)
        page.write_string(line, 4, cell.state.value)
        if cell.submission_id is not None:
            page.write_number(line, 5, cell.submission_id)
        received = homework.received.get(row.member)
        if received is not None:
            page.write_datetime(line, 6, received.astimezone(zone).replace(tzinfo=None))
        _numbers(page, line, 7, _sums(cell))
        for column, points in homework.points_of(row.member):
            page.write_number(line, first + column, points)


def _sums(cell: Cell) -> Sequence[Decimal | int | None]:
    if cell.raw is None:
        return (None, None, None, None, cell.final)
    return (cell.raw, cell.late_days, cell.slip_days, cell.penalty, cell.final)


def _numbers(page: Any, line: int, first: int, numbers: Iterable[Decimal | int | None]) -> None:
    for column, number in enumerate(numbers, start=first):
        if number is not None:
            page.write_number(line, column, float(number))


def _exams(pages: _Pages, sheet: Sheet) -> None:
    exams = [place for place, column in enumerate(sheet.columns) if column.kind == "exam"]
    header = [*_PERSON]
    for place in exams:
        title = sheet.columns[place].title
        header += [title, f"{title} (state)", f"{title} (as entered)"]
    page = pages.add("Exams", header, len(sheet.rows), widths=[28, 30, 14, 10, 10])
    for line, row in enumerate(sheet.rows, start=1):
        _person(page, line, row)
        for number, place in enumerate(exams):
            cell, column = row.cells[place], _FIRST + 3 * number
            _mark(page, line, column, cell, pages.points)
            page.write_string(line, column + 1, cell.state.value)
            if cell.computed is not None:
                page.write_number(line, column + 2, float(cell.computed), pages.points)


def _weights(pages: _Pages, sheet: Sheet) -> None:
    header = ("Weight", "Each (%)", "Count", "Share (%)", "Slots", "Columns")
    page = pages.add(_WEIGHTS, header, len(sheet.weights), widths=[28, 10, 10, 10, 10, 60])
    for line, weight in enumerate(sheet.weights, start=1):
        own = [column.title for column in sheet.columns if column.group == weight.id]
        page.write_string(line, 0, weight.title)
        slots = max(weight.count, len(own))
        _numbers(page, line, 1, (weight.each, weight.count, weight.total, slots))
        page.write_string(line, 5, ", ".join(own))


def _about(pages: _Pages, sheet: Sheet) -> None:
    page = pages.add("About", (), 0, widths=[28, 90])
    for line, (name, value) in enumerate(_facts(sheet)):
        page.write_string(line, 0, name, pages.head)
        if isinstance(value, datetime):
            page.write_datetime(line, 1, value.replace(tzinfo=None))
        else:
            page.write_string(line, 1, value)


def _facts(sheet: Sheet) -> Iterator[tuple[str, str | datetime]]:
    course, choice, policy = sheet.course, sheet.choice, sheet.course.late_policy
    yield "Course", f"{course.code}: {course.title}"
    yield "Made at", sheet.made_at.astimezone(course.zone)
    yield "Time zone", course.timezone
    yield "Made by", sheet.made_by
    yield "Students", str(len(sheet.rows))
    yield "Sections", ", ".join(choice.sections) or "all"
    yield "Withdrawn students", "included" if choice.withdrawn else "left out"
    yield "Columns", "released ones only" if choice.released else "all"
    yield "Totals", "as formulas" if sheet.has_totals else "none: not all columns are in this file"
    yield (
        "Late policy",
        (
            f"{policy.rate:f} of the {policy.basis.value} points for each {policy.period_hours} "
            f"hours begun, at least {policy.floor:f} is left; {policy.grace_minutes} minutes of "
            f"grace; {policy.slip_days} slip days; the {policy.counted.value} submission counts"
        ),
    )
    yield EXCUSED, "excused: its weight goes to the rest"
    yield MISSING, "not handed in, and the deadline is over: counts as nothing"
    yield "An empty cell", "nothing is decided yet"
