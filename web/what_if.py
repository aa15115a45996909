"""What a student may try out: points for what has none yet, and what a wish asks of one part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from grader.domain.gradebook import Cell, CellState, Column, Needed, Total, needed, total, tried
from grader.domain.points import round_points
from grader.queries.gradebook import Gradebook
from web.wording import plain

WANTED, COLUMN, TRY = "wanted", "in", "try-"
"""Names of the form's fields; each column to try has its own, by its slug."""
_MOST = 100
_FULL = Decimal(100)


@dataclass(frozen=True, slots=True)
class Field:
    """A part of the course without points, what was typed for it, and what is wrong with that."""

    slug: str
    title: str
    possible: Decimal
    typed: str
    error: str


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The form and its answers."""

    fields: tuple[Field, ...]
    wanted: str
    error: str
    """What is wrong with the wish."""
    column: str
    """The slug of the part that is asked about."""
    tried: Total | None
    """The total with what was tried; None where nothing was."""
    needed: Needed | None
    """What the wish asks of that part; None without a wish."""
    title: str
    """Of the part that is asked about."""

    @property
    def wish(self) -> Decimal:
        """The wish as a number."""
        return Decimal(self.wanted)


def what_if(book: Gradebook, asked: Mapping[str, str]) -> WhatIf | None:
    """What the query asks; None where nothing of the course is left to try."""
    cells = book.rows[0].cells
    open_ = [place for place, cell in enumerate(cells) if _is_open(cell)]
    groups = {weight.id for weight in book.weights}
    open_ = [place for place in open_ if book.columns[place].group in groups]
    if not open_:
        return None
    fields = tuple(_field(book.columns[place], cells[place], asked) for place in open_)
    tries = list(cells)
    for place, field in zip(open_, fields, strict=True):
        if field.typed and not field.error:
            tries[place] = tried(cells[place], Decimal(field.typed))
    at = _asked_about(book, open_, asked.get(COLUMN, ""))
    wanted, error = _number(asked.get(WANTED, ""), _FULL)
    need = None
    if wanted and not error:
        # What was tried for this part itself is no answer to what it needs.
        others = [*tries[:at], cells[at], *tries[at + 1 :]]
        need = needed(book.weights, book.groups, others, column=at, wanted=Decimal(wanted))
    return WhatIf(
        fields=fields,
        wanted=wanted,
        error=error,
        column=book.columns[at].slug,
        tried=total(book.weights, book.groups, tries) if tries != list(cells) else None,
        needed=need,
        title=book.columns[at].title,
    )


def _is_open(cell: Cell) -> bool:
    return cell.final is None and cell.state != CellState.EXCUSED


def _asked_about(book: Gradebook, open_: list[int], slug: str) -> int:
    """The part of this name, or the last one: most ask about the final."""
    named = [place for place in open_ if book.columns[place].slug == slug]
    return named[0] if named else open_[-1]


def _field(column: Column, cell: Cell, asked: Mapping[str, str]) -> Field:
    possible = cell.possible or _FULL
    typed, error = _number(asked.get(f"{TRY}{column.slug}", ""), possible)
    return Field(column.slug, column.title, possible, typed, error)


def _number(typed: str, most: Decimal) -> tuple[str, str]:
    """What was typed, and what is wrong with it."""
    typed = typed.strip()[:_MOST]
    if not typed:
        return "", ""
    sentence = f"Write a number from 0 to {plain(most)}."
    try:
        number = Decimal(typed.replace(",", "."))
    except InvalidOperation:
        return typed, sentence
    if not number.is_finite() or not 0 <= number <= most:
        return typed, sentence
    return plain(round_points(number)), ""
