"""What the upload page says: what an upload now would cost, and when that changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.domain.lateness import CostNow, LatePolicy, cost_now, days_late, penalise, step_time
from grader.domain.points import round_points
from tests.grader.domain.deadlines import (
    COURSE,
    HONG_KONG,
    MICROSECOND,
    moments,
    policies,
    zones,
)

HW1 = datetime(2025, 2, 22, 23, 59, tzinfo=HONG_KONG)
HUNDRED = Decimal(100)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2025-{text}").replace(tzinfo=HONG_KONG)


@pytest.mark.parametrize(
    ("now", "late_days", "factor", "next_step", "next_factor"),
    [
        ("02-20 12:00", 0, "1", "02-23 00:00", "0.8"),
        ("02-22 23:59:59", 0, "1", "02-23 00:00", "0.8"),
        ("02-23 00:00", 1, "0.8", "02-24 00:00", "0.6"),
        ("02-26 12:00", 4, "0.2", "02-27 00:00", "0"),
        ("02-27 00:00", 5, "0", None, None),
    ],
)
def test_what_an_upload_now_would_cost(
    now: str, late_days: int, factor: str, next_step: str | None, next_factor: str | None
) -> None:
    assert cost_now(HW1, at(now), COURSE, HONG_KONG) == CostNow(
        late_days=late_days,
        factor=Decimal(factor),
        next_step=at(next_step) if next_step else None,
        next_factor=Decimal(next_factor) if next_factor else None,
        accepted=True,
        worthless_from=at("02-27 00:00"),
    )


@pytest.mark.parametrize(
    ("changes", "slip", "now", "expected"),
    [
        # The cut-off comes before the points are used up.
        (
            {"cutoff_days": 2}, 0, "02-24 12:00",
            (2, "0.6", "02-25 00:00", "0", True, "02-25 00:00"),
        ),
        ({"cutoff_days": 2}, 0, "02-25 12:00", (3, "0", None, None, False, "02-25 00:00")),
        ({"cutoff_days": 0}, 0, "02-22 12:00", (0, "1", "02-23 00:00", "0", True, "02-23 00:00")),
        # Nothing is lost until the cut-off.
        (
            {"cutoff_days": 2, "rate": Decimal(0)}, 0, "02-22 12:00",
            (0, "1", "02-25 00:00", "0", True, "02-25 00:00"),
        ),
        ({"rate": Decimal(0)}, 0, "02-25 12:00", (3, "1", None, None, True, None)),
        # The floor is reached on the third day.
        (
            {"floor": Decimal("0.5")}, 0, "02-24 12:00",
            (2, "0.6", "02-25 00:00", "0.5", True, None),
        ),
        ({"floor": Decimal("0.5")}, 0, "02-25 12:00", (3, "0.5", None, None, True, None)),
        # Two slip days: the third late day is the first that costs.
        ({}, 2, "02-22 12:00", (0, "1", "02-25 00:00", "0.8", True, "03-01 00:00")),
        ({}, 2, "02-25 12:00", (3, "0.8", "02-26 00:00", "0.6", True, "03-01 00:00")),
        # Grace of 50 hours: the first three steps come at once.
        (
            {"grace_minutes": 3000}, 0, "02-24 12:00",
            (0, "1", "02-25 02:00", "0.4", True, "02-27 00:00"),
        ),
        # A rate that does not divide 1: the fourth day takes the rest.
        (
            {"rate": Decimal("0.3")}, 0, "02-25 12:00",
            (3, "0.1", "02-26 00:00", "0", True, "02-26 00:00"),
        ),
        # Used up long after the last year of the calendar.
        (
            {"rate": Decimal("1e-9")}, 0, "02-22 12:00",
            (0, "1", "02-23 00:00", "0.999999999", True, None),
        ),
    ],
)  # fmt: skip
def test_what_an_upload_would_cost_under_other_policies(
    changes: dict[str, Any], slip: int, now: str, expected: tuple[Any, ...]
) -> None:
    cost = cost_now(HW1, at(now), replace(COURSE, **changes), HONG_KONG, slip)
    late_days, factor, next_step, next_factor, accepted, worthless = expected

    assert cost == CostNow(
        late_days=late_days,
        factor=Decimal(factor),
        next_step=at(next_step) if next_step else None,
        next_factor=Decimal(next_factor) if next_factor else None,
        accepted=accepted,
        worthless_from=at(worthless) if worthless else None,
    )


@settings(deadline=None, max_examples=300)
@given(due=moments, now=moments, policy=policies, zone=zones, slip=st.integers(0, 3))
def test_what_the_upload_page_says_comes_true(
    due: datetime, now: datetime, policy: LatePolicy, zone: ZoneInfo, slip: int
) -> None:
    """The share holds until the instant before the next step, and then falls as announced."""
    cost = cost_now(due, now, policy, zone, slip)

    if cost.next_step is None:
        assert cost_now(due, step_time(due, 2000, policy, zone), policy, zone, slip).factor == (
            cost.factor
        )
    else:
        before = cost_now(due, cost.next_step - MICROSECOND, policy, zone, slip)
        after = cost_now(due, cost.next_step, policy, zone, slip)
        assert now < cost.next_step
        assert (before.factor, after.factor) == (cost.factor, cost.next_factor)
        assert after.factor < before.factor


@settings(deadline=None, max_examples=300)
@given(due=moments, now=moments, policy=policies, zone=zones, slip=st.integers(0, 3))
def test_full_points_are_worth_nothing_exactly_from_then_on(
    due: datetime, now: datetime, policy: LatePolicy, zone: ZoneInfo, slip: int
) -> None:
    cost = cost_now(due, now, policy, zone, slip)

    assert (cost.factor == 0) == (cost.worthless_from is not None and cost.worthless_from <= now)


@settings(deadline=None)
@given(due=moments, now=moments, policy=policies, zone=zones, slip=st.integers(0, 3))
def test_the_upload_page_and_the_penalty_agree(
    due: datetime, now: datetime, policy: LatePolicy, zone: ZoneInfo, slip: int
) -> None:
    cost = cost_now(due, now, policy, zone, slip)
    late = days_late(due, now, policy, zone)

    assert cost.late_days == late
    if cost.accepted:
        full = penalise(HUNDRED, HUNDRED, late, policy, slip)
        assert (full.factor, full.final) == (cost.factor, round_points(HUNDRED * cost.factor))
