"""The course total: exact, fair to who is excused, and the same as another computation of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from grader.domain.gradebook import (
    NO_TOTAL,
    Cell,
    CellState,
    Total,
    Weight,
    decided_by,
    homework_group,
    needed,
    rounded,
    total,
    tried,
    weights_of,
)
from grader.domain.overrides import OverrideKind

COMP4551 = (
    Weight("homework", "Homework", Decimal(5), 4),
    Weight("midterm", "Midterm", Decimal(30), 1),
    Weight("final", "Final exam", Decimal(50), 1),
)
GROUPS = ("homework",) * 4 + ("midterm", "final")
FIRST, FINAL = 0, 5
EXCUSED = Cell(CellState.EXCUSED, possible=Decimal(100))
UNDECIDED = Cell(CellState.GRADING, possible=Decimal(100))
MISSED = Cell(CellState.MISSING, possible=Decimal(100), decided=True)


def scored(points: Any, possible: Any = 100) -> Cell:
    return Cell(CellState.SCORED, final=Decimal(points), possible=Decimal(possible), decided=True)


@st.composite
def scores(draw: Any, extra: bool = False) -> Cell:
    possible = draw(st.integers(1, 30000))
    points = draw(st.integers(0, possible * (2 if extra else 1)))
    return scored(Decimal(points).scaleb(-2), Decimal(possible).scaleb(-2))


others = st.sampled_from([EXCUSED, UNDECIDED, MISSED, Cell(CellState.NOT_OPEN)])
rows = st.tuples(*[scores() | others] * 6)
some_weights = st.lists(
    st.tuples(st.integers(1, 60), st.integers(1, 5)), min_size=1, max_size=4
).map(
    lambda parts: tuple(
        Weight(str(n), "", Decimal(each), count) for n, (each, count) in enumerate(parts)
    )
)


def course_total(cells: Sequence[Cell]) -> Total:
    return total(COMP4551, GROUPS, cells)


def by_decimals(weights: Sequence[Weight], groups: Sequence[str], cells: Sequence[Cell]) -> Decimal:
    """The same in another way: group by group, as the mean of what is not excused in it."""
    with localcontext() as context:
        context.prec = 60
        earned, weighed = Decimal(0), Decimal(0)
        for weight in weights:
            mine = [cell for cell, group in zip(cells, groups, strict=True) if group == weight.id]
            places = max(weight.count, len(mine))
            counted = [cell for cell in mine if cell.state != CellState.EXCUSED]
            places -= len(mine) - len(counted)
            if places:
                got = [c.final / c.possible for c in counted if c.final is not None and c.possible]
                earned += weight.each * weight.count * sum(got, Decimal(0)) / places
                weighed += weight.each * weight.count
        # Away from a tie by the many places, and on it where the number is exact.
        exact = (earned * 100 / weighed).quantize(Decimal("1e-40"))
        return exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def test_the_course_s_own_weights() -> None:
    cells = [scored("80"), scored("100"), MISSED, UNDECIDED, scored("45", 60), UNDECIDED]
    assert course_total(cells) == Total(
        earned=Decimal("31.50"),  # 4 + 5 + 0, and 22.5 of the midterm
        so_far=Decimal("70.00"),  # of 45
        decided=Decimal("45.00"),
    )


def test_a_half_goes_up_once_at_the_end() -> None:
    # Four thirds of a hundredth each: rounding each of them first would lose them all.
    cells = [*[scored("0.08", 30)] * 4, scored("0.1", 3000), UNDECIDED]
    assert course_total(cells).earned == Decimal("0.05")
    assert course_total([scored("0.1"), *[UNDECIDED] * 5]).earned == Decimal("0.01")  # of 0.005


def test_what_is_excused_gives_its_share_to_the_rest_of_its_weight() -> None:
    cells = [EXCUSED, scored(90), scored(60), scored(30), scored(100), scored(100)]
    assert course_total(cells).earned == Decimal("92.00")


def test_a_weight_excused_as_a_whole_gives_it_to_the_others() -> None:
    cells = [*[scored(50)] * 4, EXCUSED, scored(90)]
    # 20 and 50 of 70: (10 + 45) / 70
    assert course_total(cells) == Total(Decimal("78.57"), Decimal("78.57"), Decimal("100.00"))


def test_homework_that_is_not_written_yet_keeps_its_share() -> None:
    earned = total(COMP4551, ("homework", "midterm"), [scored(100), scored(100)])
    assert earned == Total(Decimal("35.00"), Decimal("100.00"), Decimal("35.00"))


def test_nothing_left_or_no_weights_is_no_total() -> None:
    assert course_total([EXCUSED] * 6) == NO_TOTAL
    assert total((), GROUPS, [scored(1)] * 6) == NO_TOTAL
    assert total(COMP4551, (), []) == Total(Decimal("0.00"), None, Decimal("0.00"))


def test_a_column_outside_all_weights_gives_nothing() -> None:
    assert total(COMP4551, ("quiz",), [scored(100)]).earned == Decimal("0.00")


@given(rows)
def test_never_above_100_without_extra_points(cells: tuple[Cell, ...]) -> None:
    found = course_total(cells)
    assume(found.earned is not None)
    assert found.earned is not None
    assert 0 <= found.earned <= 100
    assert found.so_far is None or found.earned <= found.so_far <= 100


@given(rows, scores(extra=True), st.integers(0, 5), st.integers(0, 5000))
def test_more_points_are_never_less_in_total(
    cells: tuple[Cell, ...], cell: Cell, at: int, more: int
) -> None:
    assert cell.final is not None
    better = replace(cell, final=cell.final + Decimal(more).scaleb(-2))
    low = course_total([*cells[:at], cell, *cells[at + 1 :]])
    high = course_total([*cells[:at], better, *cells[at + 1 :]])
    assert low.earned is not None
    assert high.earned is not None
    assert low.so_far is not None
    assert high.so_far is not None
    assert low.earned <= high.earned
    assert low.so_far <= high.so_far


@given(st.data(), some_weights)
def test_another_computation_agrees(data: st.DataObject, weights: tuple[Weight, ...]) -> None:
    names = [weight.id for weight in weights]
    groups = tuple(data.draw(st.lists(st.sampled_from(names), max_size=8)))
    cells = [data.draw(scores(extra=True) | others) for _ in groups]
    found = total(weights, groups, cells).earned
    assume(found is not None)
    assert found == by_decimals(weights, groups, cells)


@given(rows, st.permutations(range(6)))
def test_the_order_of_columns_changes_nothing(cells: tuple[Cell, ...], order: list[int]) -> None:
    again = total(COMP4551, tuple(GROUPS[n] for n in order), [cells[n] for n in order])
    assert again == course_total(cells)


@given(scores(), st.sets(st.integers(0, 5), max_size=5))
def test_who_is_equal_everywhere_has_it_in_total(cell: Cell, excused: set[int]) -> None:
    """Whatever is excused: what is left has the whole weight of the course."""
    assert cell.final is not None
    assert cell.possible is not None
    cells = [EXCUSED if n in excused else cell for n in range(6)]
    with localcontext() as context:
        context.prec = 60
        share = (cell.final * 100 / cell.possible).quantize(Decimal("1e-40"))
    assert course_total(cells).earned == share.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


@given(rows, st.integers(0, 5), st.integers(0, 10000))
def test_what_is_needed_is_enough_and_less_is_not(
    cells: tuple[Cell, ...], at: int, hundredths: int
) -> None:
    wanted = Decimal(hundredths).scaleb(-2)
    found = needed(COMP4551, GROUPS, cells, column=at, wanted=wanted)
    assert (found is None) == (cells[at].state == CellState.EXCUSED)
    assume(found is not None)
    assert found is not None

    def reached(points: Decimal) -> Decimal:
        after = course_total([*cells[:at], tried(cells[at], points), *cells[at + 1 :]]).earned
        assert after is not None
        return after

    assert (found.least, found.most) == (reached(Decimal(0)), reached(found.possible))
    assert reached(found.points) >= wanted
    if found.points:
        # The rounded total may reach it by its last half hundredth: what is needed is exact.
        assert reached(found.points - Decimal("0.01")) <= wanted


def test_the_final_that_is_needed() -> None:
    cells = [*[scored(90)] * 4, scored(80), Cell(CellState.NOT_GRADED, possible=Decimal(120))]
    found = needed(COMP4551, GROUPS, cells, column=FINAL, wanted=Decimal(85))
    assert found is not None
    # 18 + 24 are had; 43 of 50 are 103.2 of 120.
    assert (found.points, found.is_reached, found.is_impossible) == (
        Decimal("103.20"),
        False,
        False,
    )
    assert (found.least, found.most) == (Decimal("42.00"), Decimal("92.00"))


@pytest.mark.parametrize(
    ("wanted", "reached", "impossible"), [(42, True, False), (93, False, True)]
)
def test_reached_already_and_impossible(wanted: int, reached: bool, impossible: bool) -> None:
    cells = [*[scored(90)] * 4, scored(80), Cell(CellState.NOT_GRADED, possible=Decimal(120))]
    found = needed(COMP4551, GROUPS, cells, column=FINAL, wanted=Decimal(wanted))
    assert found is not None
    assert (found.is_reached, found.is_impossible) == (reached, impossible)


def test_what_a_person_decides() -> None:
    cell = replace(scored(40), computed=Decimal(40))
    assert decided_by(cell, OverrideKind.POINTS, Decimal(70)) == replace(
        cell, final=Decimal(70), overridden=True
    )
    excused = decided_by(cell, OverrideKind.EXCUSED)
    assert (excused.state, excused.final, excused.computed) == (
        CellState.EXCUSED,
        None,
        Decimal(40),
    )
    assert decided_by(cell, OverrideKind.LIFTED) == cell
    assert decided_by(UNDECIDED, OverrideKind.POINTS, Decimal(0)).decided


def test_what_is_tried_never_undoes_an_excuse() -> None:
    assert tried(EXCUSED, Decimal(50)) == EXCUSED
    assert tried(Cell(CellState.NOT_OPEN), Decimal(50)).possible == Decimal(100)


def test_where_homework_counts() -> None:
    plain = [{"id": "hw", "title": "Homework", "each": "5", "count": 4}]
    exam = [{"id": "final", "title": "Final", "each": "80", "count": 1}]
    assert homework_group(COMP4551, ["midterm", "final"]) == "homework"
    assert homework_group(weights_of(plain + exam), ["final"]) == "hw"
    assert homework_group(weights_of(plain + exam), []) == "homework"


def test_rounding_is_that_of_points() -> None:
    assert rounded(Fraction(1, 200)) == Decimal("0.01")
    assert rounded(Fraction(100)) == Decimal("100.00")
