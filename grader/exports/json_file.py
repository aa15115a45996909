"""Grades as JSON, for programs. The schema is told in `docs/exports.md`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from grader.domain.gradebook import Cell
from grader.exports.sheet import Sheet, points_of
from grader.queries.gradebook import Row

FORMAT = "sandglass grades 1"
"""A change that readers must know of raises the number."""


def grades_json(sheet: Sheet) -> Iterator[bytes]:
    """One object; a student to each line, so that it can be read as it comes."""
    head: dict[str, Any] = {
        "format": FORMAT,
        "course": sheet.course.slug,
        "title": sheet.course.title,
        "made_at": sheet.made_at.isoformat(),
        "made_by": sheet.made_by,
        "weights": [
            {"id": each.id, "title": each.title, "each": _text(each.each), "count": each.count}
            for each in sheet.weights
        ],
        "columns": [
            {
                "id": column.slug,
                "kind": column.kind.value,
                "title": column.title,
                "weight": column.group,
                "possible": _text(column.possible),
                "released_at": column.released_at and column.released_at.isoformat(),
            }
            for column in sheet.columns
        ],
    }
    yield (_dumped(head)[:-1] + ', "students": [').encode()
    for place, row in enumerate(sheet.rows):
        yield ((",\n" if place else "\n") + _dumped(_student(sheet, row))).encode()
    yield b"\n]}\n"


def _student(sheet: Sheet, row: Row) -> dict[str, Any]:
    student: dict[str, Any] = {
        "name": row.name,
        "email": row.email,
        "number": row.number,
        "section": row.section,
        "active": row.active,
        "grades": {
            column.slug: _grade(cell) for column, cell in zip(sheet.columns, row.cells, strict=True)
        },
    }
    if sheet.has_totals:
        total = row.total
        student["total"] = {"earned": _text(total.earned), "so_far": _text(total.so_far)}
    return student


def _grade(cell: Cell) -> dict[str, Any]:
    return {
        "state": cell.state.value,
        "points": _text(points_of(cell)),
        "possible": _text(cell.possible),
        "raw": _text(cell.raw),
        "penalty": _text(cell.penalty),
        "late_days": cell.late_days,
        "slip_days": cell.slip_days,
        "overridden": cell.overridden,
        "extension": cell.extension,
        "submission": cell.submission_id,
    }


def _text(number: Decimal | None) -> str | None:
    """Exact, as a reader of decimals takes it."""
    return None if number is None else f"{number:f}"


def _dumped(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)
