"""Numbers, times and the late policy in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from grader.domain.lateness import Basis, Counted, LatePolicy, cost_now
from web import wording
from web.policy import loss_now, rules

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
DUE = datetime(2026, 3, 10, 15, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("87.50", "87.5"),
        ("100.00", "100"),
        ("100", "100"),
        ("0.00", "0"),
        ("-0", "0"),
        ("0.05", "0.05"),
        ("1E+3", "1000"),
        ("12.34", "12.34"),
    ],
)
def test_points_have_no_empty_places(number: str, text: str) -> None:
    assert wording.plain(Decimal(number)) == text


@pytest.mark.parametrize(
    ("share", "text"), [("0.20", "20\u00a0%"), ("1", "100\u00a0%"), ("0.125", "12.5\u00a0%")]
)
def test_a_share_in_hundredths(share: str, text: str) -> None:
    assert wording.per_cent(Decimal(share)) == text


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(days=2, hours=3, minutes=59), "2 days 3 hours"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=1, minutes=30), "1 day"),
        (timedelta(hours=1, minutes=1), "1 hour 1 minute"),
        (timedelta(hours=5), "5 hours"),
        (timedelta(minutes=59, seconds=59), "59 minutes"),
        (timedelta(seconds=59), "no time"),
        (timedelta(days=-1), "no time"),
    ],
)
def test_a_length_of_time_in_its_two_largest_units(length: timedelta, text: str) -> None:
    assert wording.span(length) == text


def test_a_time_is_told_by_the_courses_clock() -> None:
    assert wording.moment(DUE, HONG_KONG) == "Tue 10 Mar 2026, 23:59"
    assert wording.moment(DUE + timedelta(minutes=1), HONG_KONG) == "Wed 11 Mar 2026, 00:00"
    assert wording.moment(DUE, ZoneInfo("UTC")) == "Tue 10 Mar 2026, 15:59"
    assert wording.day(datetime(2026, 3, 4, 16, tzinfo=UTC), HONG_KONG) == "5 Mar"


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        ("Asia/Hong_Kong", "Hong Kong time"),
        ("America/Argentina/Ushuaia", "Ushuaia time"),
        ("UTC", "UTC"),
    ],
)
def test_a_zone_has_the_name_of_its_place(zone: str, name: str) -> None:
    assert wording.zone_name(ZoneInfo(zone)) == name


def policy(rate: str = "0.20", **fields: Any) -> LatePolicy:
    return LatePolicy(rate=Decimal(rate), **fields)


@pytest.mark.parametrize(
    ("rule", "late", "told"),
    [
        (policy(), timedelta(), "An upload now is on time."),
        (policy(), timedelta(days=1), "An upload now loses 20\u00a0% of the points it earns."),
        (
            policy(basis=Basis.POSSIBLE),
            timedelta(days=2),
            "An upload now loses 40\u00a0% of the points possible.",
        ),
        (policy(), timedelta(days=5), "An upload now is still graded, but earns no points."),
        (policy(cutoff_days=1), timedelta(days=2), "Uploads are closed."),
        (policy("0"), timedelta(days=1), "An upload now is late, but loses nothing yet."),
    ],
)
def test_what_an_upload_now_loses(rule: LatePolicy, late: timedelta, told: str) -> None:
    assert loss_now(cost_now(DUE, DUE + late, rule, HONG_KONG), rule) == told


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (
            policy(),
            (
                "Each begun day after the deadline costs 20\u00a0% of the points it earns.",
                "Uploads are never refused for being late.",
                (
                    "Your best upload counts, after its penalty; a later one can never lower your "
                    "grade."
                ),
            ),
        ),
        (
            policy(
                "0.05",
                period_hours=1,
                grace_minutes=10,
                floor=Decimal("0.4"),
                cutoff_days=48,
                basis=Basis.POSSIBLE,
                counted=Counted.LATEST,
            ),
            (
                (
                    "Each begun hour after the deadline, after 10 minutes of grace, costs 5\u00a0% "
                    "of the points possible."
                ),
                "However late, 40\u00a0% of the points possible are kept.",
                "Nothing is accepted after 48 late hours.",
                "Your latest upload counts.",
            ),
        ),
        (
            policy("0", cutoff_days=0),
            (
                "Late uploads lose nothing.",
                "Nothing is accepted after the deadline.",
                (
                    "Your best upload counts, after its penalty; a later one can never lower your "
                    "grade."
                ),
            ),
        ),
        (
            policy(period_hours=12, cutoff_days=1),
            (
                (
                    "Each begun period of 12 hours after the deadline costs 20\u00a0% of the "
                    "points it earns."
                ),
                "Nothing is accepted after 1 late period.",
                (
                    "Your best upload counts, after its penalty; a later one can never lower your "
                    "grade."
                ),
            ),
        ),
    ],
)
def test_the_policy_in_sentences(rule: LatePolicy, told: tuple[str, ...]) -> None:
    assert rules(rule) == told
