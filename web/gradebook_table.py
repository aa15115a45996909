"""How the gradebook looks: what stands in each cell, where it leads, and how to sort.

With a thousand students there are seven thousand cells, so each is made ready here and the template
only writes it down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from django.urls import reverse
from django.utils.http import urlencode

from grader.domain.gradebook import Cell, CellState
from grader.queries.gradebook import Row
from grader.queries.gradebook_page import NAME, NUMBER, SECTION, SO_FAR, TOTAL, GradebookPage
from web.wording import plain

NOT_YET = "not yet"
_NUMBER = "n"
WORDS = MappingProxyType(
    {
        CellState.NOT_OPEN: "not open",
        CellState.MISSING: "missing",
        CellState.GRADING: "grading",
        CellState.REJECTED: "rejected",
        CellState.FAULT: "our fault",
        CellState.EXCUSED: "excused",
        CellState.NOT_GRADED: "not graded",
    }
)
"""What stands where there are no points; each says by itself which it is, without its colour."""
_LOOKS = MappingProxyType(
    {
        CellState.NOT_OPEN: "quiet",
        CellState.MISSING: "bad",
        CellState.GRADING: "busy",
        CellState.REJECTED: "bad",
        CellState.FAULT: "warn",
        CellState.EXCUSED: "excused",
        CellState.NOT_GRADED: "quiet",
    }
)


class ShownCell(NamedTuple):
    """A cell: its class, its address, what stands there, and a mark beside it."""

    look: str
    to: str
    words: str
    mark: str


class ShownRow(NamedTuple):
    """A student's row."""

    to: str
    row: Row
    cells: tuple[ShownCell, ...]
    so_far: str
    total: str


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column; `to` sorts by it, `sorted` is for `aria-sort`."""

    title: str
    whole: str
    """The title in full, where `title` is cut."""
    possible: str
    to: str
    sorted: str
    look: str
    """Its class: a number, or what a phone has no room for."""


def shown_rows(page: GradebookPage) -> Iterator[ShownRow]:
    """The rows of a page, ready to be written."""
    book = reverse("gradebook", kwargs={"slug": page.course.slug})
    slugs = [column.slug for column in page.columns]
    for row in page.rows:
        to = f"{book}{row.member}/"
        cells = (_shown(cell, f"{to}{slug}/") for cell, slug in zip(row.cells, slugs, strict=True))
        so_far, earned = row.total.so_far, row.total.earned
        yield ShownRow(
            to,
            row,
            tuple(cells),
            so_far="" if so_far is None else plain(so_far),
            total="" if earned is None else plain(earned),
        )


def heads(page: GradebookPage) -> Iterator[Head]:
    """The heads of all columns."""
    yield _head(page, NAME, "Student")
    yield _head(page, NUMBER, "Number", look="aside")
    yield _head(page, SECTION, "Section", look="aside")
    for column in page.columns:
        of = "" if column.possible is None else f"of {plain(column.possible)}"
        yield _head(page, column.slug, column.title, of, look=_NUMBER)
    yield _head(page, SO_FAR, "So far", "per cent", look=_NUMBER)
    yield _head(page, TOTAL, "Total", "of 100", look=_NUMBER)


def words_of(cell: Cell) -> str:
    """What stands in a cell."""
    if cell.final is not None:
        return plain(cell.final)
    return words_for(cell.state, cell.decided)


def words_for(state: CellState, decided: bool) -> str:
    """What stands where there are no points."""
    return NOT_YET if state == CellState.MISSING and not decided else WORDS[state]


def _shown(cell: Cell, to: str) -> ShownCell:
    return ShownCell(_look(cell), to, words_of(cell), _mark(cell))


def _look(cell: Cell) -> str:
    if cell.final is not None:
        return "" if cell.final else "zero"
    if cell.state == CellState.MISSING and not cell.decided:
        return "quiet"
    return _LOOKS[cell.state]


def _mark(cell: Cell) -> str:
    if cell.overridden:
        return "set"
    if cell.newer_waits:
        return "newer"
    return "late" if cell.late_days and cell.final is not None else ""


def short(title: str) -> str:
    """`Homework 1` of `Homework 1: Tensors and SGD`: there are many columns."""
    return title.partition(":")[0]


def _head(page: GradebookPage, key: str, title: str, possible: str = "", *, look: str = "") -> Head:
    asked = page.asked
    here = asked.sort == key
    # Numbers are asked for from the top first, names from A.
    down = not asked.down if here else look == _NUMBER
    query = {"q": asked.words, "section": asked.section, "withdrawn": "1" * asked.withdrawn}
    query["sort"] = f"-{key}" if down else key
    return Head(
        title=short(title),
        whole=title,
        possible=possible,
        to="?" + urlencode({name: value for name, value in query.items() if value}),
        sorted=("descending" if asked.down else "ascending") if here else "none",
        look=look,
    )
