"""Which column of the gradebook a column of a platform's gradebook shows."""

from __future__ import annotations

from grader.domain.gradebook import Column, ColumnKind
from grader.models import LineItem
from grader.queries.gradebook import Gradebook


def column_of(book: Gradebook, item: LineItem) -> tuple[int, Column]:
    """The column of the gradebook that a platform's column shows, with its number."""
    kind = ColumnKind.EXAM if item.exam_id else ColumnKind.HOMEWORK
    key = item.exam_id or item.assignment_id
    for number, column in enumerate(book.columns):
        if (column.kind, column.pk) == (kind, key):
            return number, column
    raise LookupError(f"line item {item.pk} is of no column of its course")
