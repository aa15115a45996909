"""What lateness costs, and what the student reads about it."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assignments.spec import LatePolicySpec
from grader.domain.lateness import Basis, Counted, LatePolicy, penalise
from grader.domain.points import round_points
from tests.grader.domain.deadlines import COURSE, points, policies

RATE = Decimal("0.20")
HUNDRED = Decimal(100)
POSSIBLE = LatePolicy(rate=RATE, basis=Basis.POSSIBLE)


@pytest.mark.parametrize(
    ("raw", "days", "final", "penalty", "reason"),
    [
        ("90", 0, "90.00", "0.00", "On time."),
        ("90", 1, "72.00", "18.00", "1 day late: 20 % of the points earned are lost."),
        ("90", 2, "54.00", "36.00", "2 days late: 40 % of the points earned are lost."),
        ("90", 4, "18.00", "72.00", "4 days late: 80 % of the points earned are lost."),
        ("90", 5, "0.00", "90.00", "5 days late: all points are lost."),
        ("90", 300, "0.00", "90.00", "300 days late: all points are lost."),
        ("33.335", 0, "33.34", "0.00", "On time."),
        ("0.03", 1, "0.02", "0.01", "1 day late: 20 % of the points earned are lost."),
        ("0", 1, "0.00", "0.00", "1 day late: 20 % of the points earned are lost."),
    ],
)
def test_the_course_takes_a_fifth_of_the_earned_points_each_day(
    raw: str, days: int, final: str, penalty: str, reason: str
) -> None:
    result = penalise(Decimal(raw), HUNDRED, days, COURSE)

    assert (str(result.final), str(result.penalty), result.reason) == (final, penalty, reason)
    assert result.late_days == days


def test_it_is_rounded_once() -> None:
    """Rounding 0.125 up before the penalty would give 0.10."""
    result = penalise(Decimal("0.125"), HUNDRED, 1, LatePolicy(rate=Decimal("0.25")))

    assert (result.raw, result.final, result.penalty) == tuple(
        map(Decimal, ("0.13", "0.09", "0.04"))
    )


@pytest.mark.parametrize(
    ("changes", "raw", "days", "slip", "final", "reason"),
    [
        (
            {"rate": Decimal("0.125")},
            "80", 1, 0, "70.00",
            "1 day late: 12.5 % of the points earned are lost.",
        ),
        (
            {"floor": Decimal("0.5")},
            "80", 4, 0, "40.00",
            "4 days late: 50 % of the points earned are lost.",
        ),
        ({"rate": Decimal(0)}, "80", 9, 0, "80.00", "9 days late: no points are lost."),
        (
            {},
            "80", 3, 2, "64.00",
            "3 days late, 2 of them slip days: 20 % of the points earned are lost.",
        ),
        (
            {},
            "80", 3, 1, "48.00",
            "3 days late, 1 of them a slip day: 40 % of the points earned are lost.",
        ),
        ({}, "80", 2, 5, "80.00", "2 days late, covered by slip days: no points are lost."),
        ({}, "80", 1, 5, "80.00", "1 day late, covered by a slip day: no points are lost."),
        ({}, "80", 0, 5, "80.00", "On time."),
        (
            {"period_hours": 1},
            "80", 2, 0, "48.00",
            "2 hours late: 40 % of the points earned are lost.",
        ),
        (
            {"period_hours": 12},
            "80", 2, 0, "48.00",
            "2 periods of 12 hours late: 40 % of the points earned are lost.",
        ),
    ],
)  # fmt: skip
def test_other_policies_on_the_points_earned(
    changes: dict[str, Any], raw: str, days: int, slip: int, final: str, reason: str
) -> None:
    result = penalise(Decimal(raw), HUNDRED, days, replace(COURSE, **changes), slip)

    assert (str(result.final), result.reason) == (final, reason)
    assert result.slip_days == min(days, slip)


@pytest.mark.parametrize(
    ("floor", "raw", "days", "final", "reason"),
    [
        ("0", "80", 0, "80.00", "On time."),
        ("0", "80", 1, "60.00", "1 day late: 20 % of the points possible are lost."),
        ("0", "40", 2, "0.00", "2 days late: 40 % of the points possible are lost."),
        (
            "0", "30", 2, "0.00",
            "2 days late: 40 % of the points possible are lost, which leaves none.",
        ),
        ("0", "100", 5, "0.00", "5 days late: all points are lost."),
        (
            "0.5", "80", 2, "50.00",
            "2 days late: 40 % of the points possible are lost, but 50 % of them are always left.",
        ),
        (
            "0.5", "100", 9, "50.00",
            "9 days late: 100 % of the points possible are lost, but 50 % of them are always left.",
        ),
        (
            "0.5", "50", 2, "50.00",
            "2 days late: no points are lost, as 50 % of the points possible are always left.",
        ),
        (
            "0.5", "30", 2, "30.00",
            "2 days late: no points are lost, as 50 % of the points possible are always left.",
        ),
    ],
)  # fmt: skip
def test_a_penalty_on_the_points_possible(
    floor: str, raw: str, days: int, final: str, reason: str
) -> None:
    policy = replace(POSSIBLE, floor=Decimal(floor))
    result = penalise(Decimal(raw), HUNDRED, days, policy)

    assert (str(result.final), result.reason) == (final, reason)


def test_the_factor_is_what_full_points_would_keep() -> None:
    assert [penalise(HUNDRED, HUNDRED, days, COURSE).factor for days in range(7)] == [
        Decimal(factor) for factor in ("1", "0.8", "0.6", "0.4", "0.2", "0", "0")
    ]
    assert penalise(HUNDRED, HUNDRED, 3, POSSIBLE, slip_days=2).factor == Decimal("0.8")


days = st.integers(0, 12)


@given(raw=points, possible=points, late=days, slip=days, policy=policies)
def test_what_is_left_lies_between_nothing_and_what_was_earned(
    raw: Decimal, possible: Decimal, late: int, slip: int, policy: LatePolicy
) -> None:
    result = penalise(raw, possible, late, policy, slip)

    assert Decimal(0) <= result.final <= result.raw == round_points(raw)
    assert result.raw == result.final + result.penalty
    assert result.final == round_points(result.final)


@given(raw=points, possible=points, late=days, more=days, slip=days, policy=policies)
def test_later_never_earns_more(
    raw: Decimal, possible: Decimal, late: int, more: int, slip: int, policy: LatePolicy
) -> None:
    sooner = penalise(raw, possible, late, policy, slip)
    later = penalise(raw, possible, late + more, policy, slip)

    assert later.final <= sooner.final
    assert later.factor <= sooner.factor


@given(raw=points, more=points, possible=points, late=days, policy=policies)
def test_better_work_never_earns_less(
    raw: Decimal, more: Decimal, possible: Decimal, late: int, policy: LatePolicy
) -> None:
    worse = penalise(raw, possible, late, policy)

    assert penalise(raw + more, possible, late, policy).final >= worse.final


@given(raw=points, possible=points, slip=days, policy=policies)
def test_on_time_costs_nothing(
    raw: Decimal, possible: Decimal, slip: int, policy: LatePolicy
) -> None:
    result = penalise(raw, possible, 0, policy, slip)

    assert (result.penalty, result.factor) == (Decimal(0), Decimal(1))
    assert (result.slip_days, result.reason) == (0, "On time.")


@given(raw=points, possible=points, late=days, slip=days, policy=policies)
def test_slip_days_never_cost_anything(
    raw: Decimal, possible: Decimal, late: int, slip: int, policy: LatePolicy
) -> None:
    without = penalise(raw, possible, late, policy)

    assert penalise(raw, possible, late, policy, slip).final >= without.final


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((Decimal(-1), HUNDRED, 0, COURSE), "raw is -1. Points are a number of at least 0."),
        ((Decimal("NaN"), HUNDRED, 0, COURSE), "raw is NaN. Points are a number"),
        ((HUNDRED, Decimal(-1), 0, COURSE), "possible is -1."),
        ((HUNDRED, HUNDRED, -1, COURSE), "late_days is -1. Write a whole number of at least 0."),
        ((HUNDRED, HUNDRED, 1, COURSE, -1), "slip_days is -1."),
    ],
)
def test_numbers_that_make_no_sense_are_refused(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        penalise(*arguments)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("rate", Decimal(20), "rate is 20. Write a fraction from 0 to 1: 0.20 is 20 %."),
        ("rate", Decimal("-0.2"), "rate is -0.2."),
        ("rate", Decimal("NaN"), "rate is NaN."),
        ("floor", Decimal("1.5"), "floor is 1.5."),
        ("period_hours", 0, "period_hours is 0. Write a whole number of at least 1."),
        ("grace_minutes", -1, "grace_minutes is -1."),
        ("cutoff_days", -1, "cutoff_days is -1."),
        ("slip_days", -1, "slip_days is -1."),
        ("basis", "gained", "'gained' is not a valid Basis"),
        ("counted", "first", "'first' is not a valid Counted"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(field: str, value: object, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        replace(COURSE, **{field: value})  # type: ignore[arg-type]


def test_it_has_the_fields_and_defaults_of_a_course_file() -> None:
    """What a course leaves out means the same here as where it is declared."""
    assert asdict(LatePolicy(rate=RATE)) == asdict(LatePolicySpec(rate=RATE))


def test_a_policy_read_from_plain_text_means_the_same() -> None:
    plain = replace(POSSIBLE, basis="possible", counted="best")  # type: ignore[arg-type]

    assert penalise(Decimal(40), HUNDRED, 2, plain).final == 0
    assert plain == replace(POSSIBLE, counted=Counted.BEST)
