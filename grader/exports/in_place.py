"""A CSV file with some of its cells written anew, and every other byte as it was.

Quotation marks, line ends, the byte-order mark, cells that nobody understands: all stay. Only the
text of a changed cell is another one.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grader.csv_reading import Table, read_table
from grader.errors import TableUnreadable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LINE_END = re.compile(r"\r\n|\r|\n")
_TOLD_SEPARATOR = re.compile(r'\ufeff?"?sep=.\s*"?\s*(?:\r\n|\r|\n)', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a cell stands in the text, and what it says."""

    start: int
    end: int
    value: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class Original:
    """A file as it came: its table, and where each cell of each row of the table stands."""

    mark: bytes
    coding: str
    text: str
    table: Table
    spots: tuple[tuple[Spot, ...], ...]
    """For each row of the table, without the header's."""

    def with_cells(self, changes: Mapping[tuple[int, int], str]) -> bytes:
        """The file with new texts in the cells of these rows and columns, counted from 0."""
        parts, at = [self.mark], 0
        for (row, column), new in sorted(changes.items()):
            spot = self.spots[row][column]
            parts.append(self.text[at : spot.start].encode(self.coding))
            parts.append(self._written(new, spot).encode(self.coding))
            at = spot.end
        parts.append(self.text[at:].encode(self.coding))
        return b"".join(parts)

    def _written(self, new: str, old: Spot) -> str:
        if old.quoted or any(char in new for char in (self.table.separator, '"', "\r", "\n")):
            return '"' + new.replace('"', '""') + '"'
        return new


def original(content: bytes, *, most_rows: int) -> Original:
    """Read a file so that it can be written again; `TableUnreadable` says all that is wrong."""
    table = read_table(content, most_rows=most_rows)
    mark, coding = next(
        ((mark, coding) for mark, coding in _MARKS if content.startswith(mark)), (b"", "utf-8")
    )
    text = content[len(mark) :].decode(coding)
    found = [row for row in _rows(text, table.separator) if _has_content(row)]
    width = len(table.header)
    spots = tuple(tuple(row[:width]) for row in found[1:])
    # Two readers of the same file must agree on what stands where, or nothing is written.
    if [row.cells for row in table.rows] != [tuple(s.value for s in row) for row in spots]:
        raise TableUnreadable(
            "The file's cells cannot be told apart without doubt. Open it in a spreadsheet, save "
            "it as CSV, and send that."
        )
    return Original(mark, coding, text, table, spots)


def _has_content(row: Sequence[Spot]) -> bool:
    return any(spot.value.strip(",;\t \r\n") for spot in row)


def _rows(text: str, separator: str) -> list[list[Spot]]:
    cell = re.compile(rf'"(?P<quoted>(?:[^"]|"")*)"|(?P<plain>[^{re.escape(separator)}\r\n]*)')
    told = _TOLD_SEPARATOR.match(text)
    at = told.end() if told else int(text.startswith("\ufeff"))
    rows: list[list[Spot]] = [[]]
    while at <= len(text):
        found = cell.match(text, at)
        assert found is not None  # an empty cell fits everywhere
        quoted = found["quoted"]
        value = found["plain"] if quoted is None else quoted.replace('""', '"')
        rows[-1].append(Spot(at, found.end(), value, quoted is not None))
        at = found.end()
        if text.startswith(separator, at):
            at += len(separator)
            continue
        end = _LINE_END.match(text, at)
        if end is None:
            break
        at = end.end()
        rows.append([])
    return rows
