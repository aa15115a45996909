"""Cells of CSV files: numbers stay numbers, and text that a spreadsheet would obey is text.

A spreadsheet takes what begins with `=`, `+`, `-` or `@` for a formula, also behind a tab or a
carriage return. Such a text gets an apostrophe before it, which spreadsheets take for "this is
text". Source: OWASP, CSV Injection (CWE-1236).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

Value = str | int | Decimal | None
"""A cell; None is an empty one."""

_OBEYED = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "＝", "＋", "－", "＠")  # noqa: RUF001
"""What a formula may begin with; some spreadsheets take the wide forms for the plain ones."""
BOM = "\ufeff"


def text(value: str) -> str:
    """A text that no spreadsheet obeys. NULs, which no reader of CSV takes, are left out."""
    plain = value.replace("\0", "")
    return f"'{plain}" if plain.lstrip(" ").startswith(_OBEYED) else plain


def written(value: Value) -> str:
    """A value as a cell has it: a text made harmless, a number with a point and no group marks."""
    if value is None:
        return ""
    if isinstance(value, str):
        return text(value)
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def lines(rows: Iterable[Sequence[Value]], *, separator: str = ",") -> Iterator[str]:
    """Rows as lines of CSV."""
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, delimiter=separator, lineterminator="\r\n")
    for row in rows:
        writer.writerow([written(value) for value in row])
        yield sink.getvalue()
        sink.seek(0)
        sink.truncate()


def encoded(rows: Iterable[Sequence[Value]], *, bom: bool = False) -> Iterator[bytes]:
    """The same in UTF-8, for a file; Excel needs a byte-order mark to see that it is."""
    if bom:
        yield BOM.encode()
    for line in lines(rows):
        yield line.encode()
