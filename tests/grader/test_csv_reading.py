"""Tables as people send them: read whatever program wrote them, or refused with every reason."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.csv_reading import MOST_BYTES, Row, Table, content_of, read_table
from grader.errors import TableUnreadable

PLAIN = "name,email\nAda,ada@example.edu\n"
READ = Table(("name", "email"), (Row(2, ("Ada", "ada@example.edu")),))
MARKED = {"utf-8", "utf-8-sig", "utf-16", "utf-32"}


def faults(content: bytes | str, most_rows: int = 100) -> tuple[str, ...]:
    """What is said of a table that is refused."""
    with pytest.raises(TableUnreadable) as refused:
        read_table(content.encode() if isinstance(content, str) else content, most_rows=most_rows)
    return refused.value.faults


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        b"\xef\xbb\xbf" + PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        b"\xfe\xff" + PLAIN.encode("utf-16-be"),
        PLAIN.encode("utf-32"),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.removesuffix("\n").encode(),
        (PLAIN + "\n , \n").encode(),
        b"name,email,,\nAda,ada@example.edu,,,\n",
    ],
)
def test_one_table_as_many_programs_write_it(content: bytes) -> None:
    assert read_table(content, most_rows=1) == READ


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_are_found_out(separator: str) -> None:
    text = f'"name"{separator}"of, or; at"{separator}c\n"a"{separator}"b\nb"{separator}\n'
    table = read_table(text.encode(), most_rows=1)
    assert table == Table(("name", "of, or; at", "c"), (Row(2, ("a", "b\nb", "")),), separator)


def test_a_spreadsheet_may_say_the_separator_and_lines_keep_their_numbers() -> None:
    table = read_table(b"sep=;\r\nname,first;email\r\n\r\nAda;a@b.c\r\n", most_rows=1)
    assert table == Table(("name,first", "email"), (Row(4, ("Ada", "a@b.c")),), ";")
    table = read_table(b"sep=\t\nname,first\temail\n", most_rows=1)
    assert (table.header, table.separator) == (("name,first", "email"), "\t")


def test_columns_are_found_by_name_in_whatever_case() -> None:
    table = read_table(b" E-Mail  Address ,Name\n", most_rows=1)
    assert (table.column("mail", "e-mail address"), table.column("NAME"), table.column("x")) == (
        0,
        1,
        None,
    )


@pytest.mark.parametrize("coding", ["big5", "gb18030", "latin-1"])
def test_another_encoding_is_told_with_what_to_do(coding: str) -> None:
    name = "Zoë Müller" if coding == "latin-1" else "陳大文"
    (said,) = faults(f"name,email\nAda,a@b.c\n{name},b@b.c\n".encode(coding))
    assert said == (
        "Line 3 is not written in UTF-8: the file seems to be in another encoding, such as Big5, "
        "GB18030 or Latin-1. Save it as “CSV UTF-8” and send that file."
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        (b"\xef\xbb\xbf\r\n , ,\r\n", "The file is empty."),
        (b"\x0b,\n", "The file is empty."),
        (PLAIN.encode("utf-16-le"), "Line 1 holds a NUL"),
        (b"a,b\n1,\0\n", "Line 2 holds a NUL"),
        (b"PK\x03\x04rest", "This is an Excel workbook (or another archive), and not a CSV file."),
        (b"\xd0\xcf\x11\xe0rest", "This is an old Excel workbook, and not"),
        (b'a,b\n1,2\n"3,4\n5,6\n', "A cell that begins in line 3 does not end"),
        (b'a,b\n1,2\n"3' + b"x" * 200_000 + b'",4\n', "A cell that begins in line 3 does not end"),
        (b'a,b\n"1"st,2\n', "Line 2 has a quotation mark in a wrong place."),
        (b"a,b\n" + b"1,2\n" * 101, "There are more than 100 rows: is this the right file?"),
        (b"a,b\n1," + b"x" * 40_000, "Line 2, column “b”: 40,000 letters are no cell."),
        (b"a,b\n1,\x1b[2J", "Line 2, column “b”: there is an invisible control character."),
        (b"a,\x07\n", "Line 1, cell 2: there is an invisible control character."),
        (b"," * 700 + b"x", "There are 701 columns, and no more than 500 are read."),
        (b"a" + b"," * (MOST_BYTES - 2), ""),
    ],
)
def test_what_cannot_be_read_is_told(content: bytes, said: str) -> None:
    if not said:  # a million empty columns are one column, and not slowly
        assert read_table(content, most_rows=1).header == ("a",)
        return
    (told,) = faults(content)
    assert told.startswith(said)


def test_all_faults_are_told_at_once() -> None:
    rest = (
        "where the first line has 3: put a text that holds the separator into quotation marks, and "
        "leave no cell out."
    )
    assert faults("name,,Name,\nAda,x,y\nBen\nCy,1,2,3\nDee,,,\n") == (
        "Column 2 has no name in line 1.",
        "2 columns are called “name”: which of them counts?",
        f"Line 3 has 1 cell {rest}",
        f"Line 4 has 4 cells {rest}",
    )


def test_a_table_that_is_wrong_everywhere_is_not_told_to_its_end() -> None:
    told = faults("a,b\n" + "1\n" * 90)
    assert (len(told), told[-1]) == (21, "There may be more: the file was read to this point.")


class Endless(io.RawIOBase):
    """A file of a milliard rows, which tells how much of it was asked for."""

    def __init__(self) -> None:
        self.asked = 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "the whole file was asked for"
        self.asked += size
        return (b"1,2\n" * (size // 4 + 1))[:size]


def test_a_milliard_rows_are_refused_before_they_are_read() -> None:
    file, rows = Endless(), 4 * 10**9
    with pytest.raises(TableUnreadable, match=r"has 3,814\.7 MiB, and no more than 5 MiB are read"):
        content_of(file, rows)  # type: ignore[arg-type]  # as much of a file as is needed
    assert file.asked == 0


def test_a_file_that_is_larger_than_it_says_is_read_no_further() -> None:
    file = Endless()
    with pytest.raises(TableUnreadable, match="is this the right file"):
        content_of(file, 8)  # type: ignore[arg-type]  # as much of a file as is needed
    assert file.asked == MOST_BYTES + 1


TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from("\n\t"), max_size=9)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.lists(TEXT, min_size=2, max_size=2), max_size=5),
    separator=st.sampled_from(",;\t"),
    coding=st.sampled_from(sorted(MARKED)),
    ends=st.sampled_from(["\n", "\r\n"]),
)
def test_what_a_program_writes_is_read_as_it_was(
    rows: list[list[str]], separator: str, coding: str, ends: str
) -> None:
    written = io.StringIO(newline="")
    maker = csv.writer(written, delimiter=separator, lineterminator=ends)
    maker.writerows([["one", "two"], *rows])
    table = read_table(written.getvalue().encode(coding), most_rows=5)
    kept = [tuple(row) for row in rows if any(cell.strip(",;\t \n") for cell in row)]
    assert (table.header, [row.cells for row in table.rows]) == (("one", "two"), kept)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60) | st.text(',;\t"\r\n\0aé\ufeff', max_size=40).map(str.encode))
def test_bytes_are_a_table_or_are_refused(content: bytes) -> None:
    try:
        table = read_table(content, most_rows=9)
    except TableUnreadable as refused:
        assert refused.faults  # noqa: PT017 - either way of ending is right
    else:
        assert {len(row.cells) for row in table.rows} <= {len(table.header)}
