"""The gradebook: what a cell of it says, and the course total that its cells come to.

Each weight of the course has slots, one for each of its columns, and at least as many as it counts.
The slots of a weight share it equally, so that four times 5 % is 5 % for each homework, also before
the second is written. What is excused gives its share to the rest of its weight; a weight that is
excused as a whole gives it to the other weights, in their proportion.

Everything is a Fraction inside, and rounded half up to two places once, at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from math import floor
from typing import Any

from grader.domain.overrides import OverrideKind

HOMEWORK = "homework"
"""The `id` of the weight that homeworks count in."""
_WHOLE = Fraction(100)
_NOTHING = Fraction(0)
_UNKNOWN = Decimal(100)
"""Of how many points something is that has no content yet."""


class ColumnKind(StrEnum):
    """What a column of the gradebook is for."""

    HOMEWORK = "homework"
    EXAM = "exam"


class CellState(StrEnum):
    """How a student stands in a column. Missing, waiting, excused and zero are different things."""

    NOT_OPEN = "not open"
    MISSING = "missing"
    """Nothing was handed in; before the deadline nothing is decided by that."""
    GRADING = "grading"
    """Handed in, and no score yet."""
    REJECTED = "rejected"
    """What was handed in last cannot be graded."""
    FAULT = "fault"
    """A fault of ours, which costs nothing."""
    SCORED = "scored"
    EXCUSED = "excused"
    """It does not count for this student."""
    NOT_GRADED = "not graded"
    """An exam without points."""


@dataclass(frozen=True, slots=True)
class Weight:
    """A part of the course: `count` items of `each` per cent."""

    id: str
    title: str
    each: Decimal
    count: int

    @property
    def total(self) -> Decimal:
        """What they give together, in per cent."""
        return self.each * self.count


@dataclass(frozen=True, slots=True)
class Column:
    """A homework or an exam. `group` is the `id` of the weight that it counts in."""

    kind: ColumnKind
    pk: int
    slug: str
    title: str
    group: str
    possible: Decimal | None
    """What it gives at most; None while a homework has no content."""
    released_at: datetime | None


@dataclass(frozen=True, slots=True)
class Cell:
    """A student's grade in a column. None is no number: it is not zero."""

    state: CellState
    raw: Decimal | None = None
    """The points before lateness took its part."""
    late_days: int = 0
    slip_days: int = 0
    penalty: Decimal | None = None
    computed: Decimal | None = None
    """What the rules say: homework after its penalty, an exam as it was entered."""
    final: Decimal | None = None
    """What counts, an override applied."""
    possible: Decimal | None = None
    overridden: bool = False
    """Whether `final` is what a person decided."""
    submission_id: int | None = None
    """The submission that counts; without one, the newest."""
    extension: bool = False
    """Whether the student has a later deadline than the printed one."""
    decided: bool = False
    """Whether it counts in what the student has so far: graded, or late and not handed in."""
    newer_waits: bool = False
    """Whether a further upload is being graded, so that the points may change."""


@dataclass(frozen=True, slots=True)
class Total:
    """Where a student stands in the course, in points of 100; None where nothing can be said."""

    earned: Decimal | None
    """What is missing counts as nothing. None without weights, or when everything is excused."""
    so_far: Decimal | None
    """Per cent of what is decided; None while nothing is."""
    decided: Decimal
    """How much of the course that is, in per cent."""


NO_TOTAL = Total(None, None, Decimal("0.00"))


@dataclass(frozen=True, slots=True)
class Needed:
    """What one column has to give for a total that somebody wishes for."""

    points: Decimal
    """The least that is enough, in steps of a hundredth; 0 when it is reached already."""
    possible: Decimal
    least: Decimal
    """The total with no points there."""
    most: Decimal
    """The total with all points there."""

    @property
    def is_reached(self) -> bool:
        """Whether the total is had without any point there."""
        return not self.points

    @property
    def is_impossible(self) -> bool:
        """Whether not even all points there are enough."""
        return self.points > self.possible


def weights_of(plain: Iterable[Mapping[str, Any]]) -> tuple[Weight, ...]:
    """The weights out of a course's row, `each` a decimal in text."""
    return tuple(
        Weight(str(row["id"]), str(row["title"]), Decimal(row["each"]), int(row["count"]))
        for row in plain
    )


def homework_group(weights: Sequence[Weight], exams: Iterable[str]) -> str:
    """The weight that homeworks count in: `homework`, or the only one that is no exam's."""
    if any(weight.id == HOMEWORK for weight in weights):
        return HOMEWORK
    taken = set(exams)
    rest = [weight.id for weight in weights if weight.id not in taken]
    return rest[0] if len(rest) == 1 else HOMEWORK


def decided_by(cell: Cell, kind: OverrideKind, points: Decimal | None = None) -> Cell:
    """The cell once a person has decided; what the rules say stays beside it."""
    if kind == OverrideKind.EXCUSED:
        return replace(cell, state=CellState.EXCUSED, final=None, decided=False)
    if kind == OverrideKind.LIFTED or points is None:
        return cell
    return replace(cell, state=CellState.SCORED, final=points, overridden=True, decided=True)


def tried(cell: Cell, points: Decimal) -> Cell:
    """The cell as if it had been graded with these points, of 100 where nobody knows of how many.

    What is excused stays so.
    """
    if cell.state == CellState.EXCUSED:
        return cell
    possible = cell.possible or _UNKNOWN
    return replace(cell, state=CellState.SCORED, final=points, possible=possible, decided=True)


@lru_cache(maxsize=4096)
def shares(
    weights: tuple[Weight, ...], groups: tuple[str, ...], excused: tuple[bool, ...]
) -> tuple[Fraction, ...] | None:
    """How many of the course's 100 points each column gives, for a student excused from some.

    groups, excused: for each column. A column outside all weights gives nothing, and so does what
    is excused. None where nothing is left to be earned.
    """
    slots = {weight.id: max(weight.count, groups.count(weight.id)) for weight in weights}
    for group, is_excused in zip(groups, excused, strict=True):
        if is_excused and group in slots:
            slots[group] -= 1
    left = {weight.id: Fraction(weight.total) for weight in weights if slots[weight.id]}
    whole = sum(left.values(), _NOTHING)
    if not whole:
        return None
    each = {group: part * _WHOLE / whole / slots[group] for group, part in left.items()}
    return tuple(
        _NOTHING if is_excused else each.get(group, _NOTHING)
        for group, is_excused in zip(groups, excused, strict=True)
    )


def total(weights: tuple[Weight, ...], groups: tuple[str, ...], cells: Sequence[Cell]) -> Total:
    """The course total of a student; `groups` says for each cell which weight it counts in."""
    parts = _shares_of(weights, groups, cells)
    if parts is None:
        return NO_TOTAL
    earned = sum(map(_part, parts, cells), _NOTHING)
    decided = sum((part for part, cell in zip(parts, cells, strict=True) if cell.decided), _NOTHING)
    return Total(
        earned=rounded(earned),
        so_far=rounded(earned * _WHOLE / decided) if decided else None,
        decided=rounded(decided),
    )


def needed(
    weights: tuple[Weight, ...],
    groups: tuple[str, ...],
    cells: Sequence[Cell],
    *,
    column: int,
    wanted: Decimal,
) -> Needed | None:
    """What the column of this number has to give for a total of `wanted` points of 100.

    The other cells count as they are: what has no points counts as nothing. None when the column
    counts for nothing, as when it is excused.
    """
    parts = _shares_of(weights, groups, cells)
    if parts is None or not parts[column]:
        return None
    share, possible = parts[column], cells[column].possible or _UNKNOWN
    others = sum(map(_part, parts, cells), _NOTHING) - _part(share, cells[column])
    ratio = max((Fraction(wanted) - others) / share, _NOTHING)
    return Needed(
        points=_rounded_up(ratio * Fraction(possible)),
        possible=possible,
        least=rounded(others),
        most=rounded(others + share),
    )


def rounded(number: Fraction) -> Decimal:
    """Two places, half a hundredth going up, as points are rounded."""
    return Decimal(floor(number * 100 + Fraction(1, 2))).scaleb(-2)


def _rounded_up(number: Fraction) -> Decimal:
    return Decimal(-floor(-number * 100)).scaleb(-2)


def _shares_of(
    weights: tuple[Weight, ...], groups: tuple[str, ...], cells: Sequence[Cell]
) -> tuple[Fraction, ...] | None:
    return shares(weights, groups, tuple(cell.state == CellState.EXCUSED for cell in cells))


def _part(share: Fraction, cell: Cell) -> Fraction:
    """What a cell earns of its share."""
    if cell.final is None or not cell.possible:
        return _NOTHING
    return share * Fraction(cell.final) / Fraction(cell.possible)
