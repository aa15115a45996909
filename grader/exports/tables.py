"""Grades as tables: everything in one CSV, and the layout of Gradescope's course grades."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from grader.domain.gradebook import Cell, ColumnKind
from grader.exports.cells import Value, encoded
from grader.exports.sheet import Sheet, points_of, split_name
from grader.models import GradeEntry

_PERSON = ("Name", "Email", "Student number", "Section", "Status")
_GRADESCOPE = ("First Name", "Last Name", "SID", "Email", "Sections")


def plain_csv(sheet: Sheet) -> Iterator[bytes]:
    """One line for each student: what counts in each column, and how it came about."""
    return encoded(_plain_rows(sheet), bom=sheet.choice.bom)


def _plain_rows(sheet: Sheet) -> Iterator[Sequence[Value]]:
    header = [*_PERSON]
    for column in sheet.columns:
        header += [column.title, f"{column.title} (state)"]
        if column.kind == ColumnKind.HOMEWORK:
            names = ("raw", "late days", "slip days", "penalty", "submission")
            header += [f"{column.title} ({name})" for name in names]
    yield [*header, *(("Total of 100", "So far (%)") if sheet.has_totals else ())]
    for row in sheet.rows:
        status = "active" if row.active else "withdrawn"
        line: list[Value] = [row.name, row.email, row.number, row.section, status]
        for column, cell in zip(sheet.columns, row.cells, strict=True):
            line += [points_of(cell), cell.state.value]
            if column.kind == ColumnKind.HOMEWORK:
                line += _of_homework(cell)
        yield [*line, *((row.total.earned, row.total.so_far) if sheet.has_totals else ())]


def _of_homework(cell: Cell) -> tuple[Value, ...]:
    if cell.raw is None:
        return (None, None, None, None, cell.submission_id)
    return (cell.raw, cell.late_days, cell.slip_days, cell.penalty, cell.submission_id)


def gradescope_csv(sheet: Sheet) -> Iterator[bytes]:
    """The columns of Gradescope's course grades, which scripts of TAs read."""
    return encoded(_gradescope_rows(sheet), bom=sheet.choice.bom)


def _gradescope_rows(sheet: Sheet) -> Iterator[Sequence[Value]]:
    header = [*_GRADESCOPE]
    for column in sheet.columns:
        names = ("Max Points", "Submission Time", "Lateness (H:M:S)")
        header += [column.title, *(f"{column.title} - {name}" for name in names)]
    yield [*header, "Total Lateness (H:M:S)"]
    times = _times(sheet)
    for row in sheet.rows:
        line: list[Value] = [*split_name(row.name), row.number, row.email, row.section]
        late = timedelta()
        for column, cell in zip(sheet.columns, row.cells, strict=True):
            line += [points_of(cell), cell.possible or column.possible]
            at = times.get((column.pk, row.member)) if column.kind == ColumnKind.HOMEWORK else None
            if at is None:
                line += ["", ""]
                continue
            received, lateness = at
            line += [received, _hours(lateness)]
            late += lateness
        yield [*line, _hours(late)]


def _times(sheet: Sheet) -> dict[tuple[int, int], tuple[str, timedelta]]:
    """When what counts was handed in, and how long after its deadline; one query."""
    zone = sheet.course.zone
    rows = GradeEntry.objects.filter(assignment__course=sheet.course).values_list(
        "assignment", "student", "score__submission__received_at", "score__due_at"
    )
    return {
        (homework, student): (f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S %z}", _lateness(at, due))
        for homework, student, at, due in rows
    }


def _lateness(at: datetime, due: datetime) -> timedelta:
    """How long after the end of the deadline's own minute, which still counts."""
    return max(at - (due + timedelta(minutes=1)), timedelta())


def _hours(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
