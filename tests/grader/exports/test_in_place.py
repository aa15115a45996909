"""A file with new texts in some cells: all its other bytes come back as they were."""

from __future__ import annotations

import codecs
import csv
import io
from random import Random

import pytest

from grader.errors import TableUnreadable
from grader.exports.in_place import original

PLAIN = 'Student,ID,"A ""b"" (1)"\r\n"Au, Alice",1,\r\n\r\n  Ben ,2,"7.5"\n,,\r\nEnd,3,-'


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize(
    ("separator", "told"),
    [(",", ""), (";", ""), ("\t", ""), (",", "sep={}\r\n"), (";", "sep={}\r\n")],
)
def test_nothing_changes_but_the_cells_that_are_to(coding: str, separator: str, told: str) -> None:
    text = told.format(separator) + PLAIN.replace(",", separator).replace("Au;", "Au,")
    content = text.encode(coding)
    read = original(content, most_rows=10)
    assert read.with_cells({}) == content
    changed = read.with_cells({(0, 2): "87.50", (1, 2): "EX", (2, 2): f'a{separator}"b"'})
    expected = text.replace(f"1{separator}\r\n", f"1{separator}87.50\r\n")
    expected = expected.replace('"7.5"', '"EX"')
    assert changed.decode(coding) == expected.removesuffix("-") + f'"a{separator}""b"""'


def test_a_mark_of_the_other_byte_order_stays() -> None:
    content = codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be")
    assert original(content, most_rows=10).with_cells({}) == content


def test_any_table_that_the_csv_module_writes_comes_back() -> None:
    """What stands where is found as the csv module finds it, in tables drawn at random."""
    draw = Random(4551)
    for _ in range(200):
        letters = 'ab ",;\t\n\r=儀'
        rows = [
            ["".join(draw.choices(letters, k=draw.randrange(5))) for _ in range(4)]
            for _ in range(draw.randrange(1, 6))
        ]
        sink = io.StringIO(newline="")
        writer = csv.writer(sink, quoting=draw.choice([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
        writer.writerows([["one", "two", "three", "x,4"], *rows])
        content = sink.getvalue().encode()
        read = original(content, most_rows=10)
        assert read.with_cells({}) == content
        place = (draw.randrange(len(read.spots)), 2) if read.spots else None
        if place is not None:
            again = original(read.with_cells({place: 'new "\r\n'}), most_rows=10)
            wanted = [list(row.cells) for row in read.table.rows]
            wanted[place[0]][2] = 'new "\r\n'
            assert [list(row.cells) for row in again.table.rows] == wanted


def test_what_cannot_be_read_is_refused_with_reasons() -> None:
    with pytest.raises(TableUnreadable, match="more than 1 rows"):
        original(PLAIN.encode(), most_rows=1)
