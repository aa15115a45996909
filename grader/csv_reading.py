"""Tables that people send in: CSV as spreadsheets write it, read as text or refused with reasons.

A table is refused as a whole, and says all that is wrong with it: half a class is no class.
"""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from grader.errors import TableUnreadable

MOST_BYTES = 5 * 1024 * 1024
"""A class of thousands with a column for each homework is far smaller."""
MOST_COLUMNS = 500
MOST_LETTERS = 32_767
"""As much as a cell of a spreadsheet holds."""
MOST_FAULTS = 20
"""What is told of a table that is wrong everywhere."""
SAVE_AS = "Save it as “CSV UTF-8” and send that file."
_SEPARATORS = ",;\t"
_NOTHING = f"{_SEPARATORS} \r\n"
"""What a line without content may hold."""
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_OTHER_KINDS = {
    b"PK\x03\x04": "an Excel workbook (or another archive)",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table."""

    line: int
    """Where it begins in the file, counted from 1."""
    cells: tuple[str, ...]
    """One for each column, as they were written."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it was sent: names of columns, and rows that have a cell for each of them."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    separator: str = ","

    def column(self, *names: str) -> int | None:
        """The place of the first column with one of these names, in whatever case; or None."""
        plain = [_plain(name) for name in self.header]
        return next((plain.index(n) for n in map(_plain, names) if n in plain), None)


def content_of(file: BinaryIO, size: int) -> bytes:
    """The bytes of a file that somebody sent in; one that is too large is not read at all."""
    _check_size(size)
    content = file.read(MOST_BYTES + 1)
    _check_size(len(content))
    return content


def read_table(content: bytes, *, most_rows: int) -> Table:
    """A table out of a file; `TableUnreadable` says everything that is wrong with it.

    UTF-8, or what a mark at the beginning names; commas, semicolons or tabs, whichever divides the
    first line into more columns. Rows without any content are left out.
    """
    _check_size(len(content))
    text = _text(content)
    text, separator = _separator(text)
    records = _records(text, separator)
    first = _fitted(next(records, Row(1, ())), 0)
    if not first.cells:
        raise TableUnreadable("The file is empty.")
    faults = _of_header(first)
    rows: list[Row] = []
    for record in records:
        if len(rows) == most_rows:
            faults.append(f"There are more than {most_rows:,} rows: is this the right file?")
            break
        rows.append(_fitted(record, len(first.cells)))
        faults += _of_row(rows[-1], first.cells)
        if len(faults) > MOST_FAULTS:
            faults[MOST_FAULTS:] = ["There may be more: the file was read to this point."]
            break
    if faults:
        raise TableUnreadable(*faults)
    return Table(first.cells, tuple(rows), separator)


def _check_size(size: int) -> None:
    if size > MOST_BYTES:
        raise TableUnreadable(
            f"The file has {size / 1024**2:,.1f} MiB, and no more than "
            f"{MOST_BYTES // 1024**2} MiB are read: is this the right file?"
        )


def _text(content: bytes) -> str:
    for start, kind in _OTHER_KINDS.items():
        if content.startswith(start):
            raise TableUnreadable(f"This is {kind}, and not a CSV file. {SAVE_AS}")
    coding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(coding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise TableUnreadable(
            f"Line {line} is not written in UTF-8: the file seems to be in another encoding, "
            f"such as Big5, GB18030 or Latin-1. {SAVE_AS}"
        ) from error
    text = text.removeprefix("\ufeff")  # some programs put a second mark before the first
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise TableUnreadable(
            f"Line {line} holds a NUL, which no text has: the file is damaged, or in another "
            f"encoding. {SAVE_AS}"
        )
    return text


def _separator(text: str) -> tuple[str, str]:
    """The text, and what divides its cells: as a line `sep=;` says, or as the first line looks."""
    first, _, rest = text.partition("\n")
    told = first.strip(" \r").strip('"')  # a tab may be what it says
    if told.lower().startswith("sep=") and len(told) == len("sep=,") and told[-1] in _SEPARATORS:
        return "\n" + rest, told[-1]  # lines keep their numbers

    def columns(separator: str) -> int:
        try:
            return max((len(each.cells) for each in _first(text, separator)), default=0)
        except TableUnreadable:
            return 0

    return text, max(_SEPARATORS, key=columns)


def _first(text: str, separator: str) -> Iterator[Row]:
    for record in _records(text, separator):
        yield record
        return


def _records(text: str, separator: str) -> Iterator[Row]:
    """The rows that have content, each with the line in which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise TableUnreadable(_told(line, str(error))) from error
        if cells is None:
            return
        if any(cell.strip(_NOTHING) for cell in cells):
            yield Row(line, tuple(cells))


def _told(line: int, error: str) -> str:
    if "unexpected end of data" in error or "field limit" in error:
        return (
            f"A cell that begins in line {line} does not end: a quotation mark opens it and none "
            'closes it. Close it, or write "" where a quotation mark belongs to the text.'
        )
    return (
        f"Line {line} has a quotation mark in a wrong place. Put the whole cell into quotation "
        'marks, and write "" for one that belongs to the text.'
    )


def _fitted(record: Row, columns: int) -> Row:
    """A row without the empty cells that spreadsheets write beyond the columns."""
    end = len(record.cells)
    while end > columns and not record.cells[end - 1].strip():
        end -= 1
    return Row(record.line, record.cells[:end])


def _of_header(header: Row) -> list[str]:
    names = [_plain(name) for name in header.cells]
    if len(names) > MOST_COLUMNS:
        return [f"There are {len(names):,} columns, and no more than {MOST_COLUMNS} are read."]
    faults = [
        f"Column {place} has no name in line {header.line}."
        for place, name in enumerate(names, 1)
        if not name
    ]
    for name, times in Counter(filter(None, names)).items():
        if times > 1:
            written = header.cells[names.index(name)].strip()
            faults.append(f"{times} columns are called “{written}”: which of them counts?")
    return faults + _of_cells(header, [f"cell {place + 1}" for place in range(len(names))])


def _of_row(row: Row, header: tuple[str, ...]) -> list[str]:
    if len(row.cells) != len(header):
        told = (
            f"Line {row.line} has {_cells(len(row.cells))} where the first line has {len(header)}: "
            "put a text that holds the separator into quotation marks, and leave no cell out."
        )
        return [told]
    return _of_cells(row, [f"column “{name.strip()}”" for name in header])


def _of_cells(row: Row, places: list[str]) -> list[str]:
    faults = []
    for cell, place in zip(row.cells, places, strict=True):
        if len(cell) > MOST_LETTERS:
            faults.append(f"Line {row.line}, {place}: {len(cell):,} letters are no cell.")
        elif not cell.isprintable() and any(map(_controls, cell)):
            faults.append(
                f"Line {row.line}, {place}: there is an invisible control character. Type the cell "
                "anew."
            )
    return faults


def _controls(letter: str) -> bool:
    return letter not in "\t\r\n" and unicodedata.category(letter) in ("Cc", "Cs")


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count} cells"


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
