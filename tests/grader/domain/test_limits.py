"""Attempts a day and waiting times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from grader.domain.limits import attempts_left, expected_wait, next_attempt
from tests.grader.domain.deadlines import (
    BERLIN,
    CAIRO,
    HAVANA,
    HONG_KONG,
    KATHMANDU,
    MICROSECOND,
    SANTIAGO,
    moments,
    zones,
)

NOW = datetime(2025, 2, 22, 15, 0, tzinfo=UTC)  # 23:00 in Hong Kong
MIDNIGHT = datetime(2025, 2, 21, 16, 0, tzinfo=UTC)  # where that day began


@pytest.mark.parametrize(
    ("per_day", "earlier", "left"),
    [
        (None, [NOW] * 9, None),
        (3, [], 3),
        (3, [NOW, MIDNIGHT], 1),
        (3, [NOW, MIDNIGHT - MICROSECOND], 2),
        (3, [NOW] * 3, 0),
        (3, [NOW] * 4, 0),  # the limit was lowered in the middle of the day
        (0, [], 0),
    ],
)
def test_attempts_are_counted_by_the_courses_day(
    per_day: int | None, earlier: list[datetime], left: int | None
) -> None:
    assert attempts_left(per_day, earlier, NOW, HONG_KONG) == left


@pytest.mark.parametrize(
    ("zone", "now", "comes"),
    [
        (HONG_KONG, "2025-02-22 15:00", "2025-02-22 16:00"),
        (HONG_KONG, "2025-02-22 16:00", "2025-02-23 16:00"),
        (KATHMANDU, "2025-02-22 18:14:59", "2025-02-22 18:15"),
        (BERLIN, "2025-03-29 23:00", "2025-03-30 22:00"),  # a day of 23 hours
        (BERLIN, "2025-10-25 22:00", "2025-10-26 23:00"),  # a day of 25 hours
        (CAIRO, "2025-04-24 21:59", "2025-04-24 22:00"),  # a day that begins at one o'clock
        (HAVANA, "2025-11-02 03:59", "2025-11-02 04:00"),  # midnight comes twice
        (SANTIAGO, "2025-04-06 02:30", "2025-04-06 04:00"),  # the last hour comes twice
    ],
)
def test_the_next_day_begins_at_local_midnight(zone: ZoneInfo, now: str, comes: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)

    assert next_attempt(moment, zone) == datetime.fromisoformat(comes).replace(tzinfo=UTC)


@settings(deadline=None)
@given(now=moments, zone=zones)
def test_whoever_has_none_left_has_all_again_at_the_next_attempt(
    now: datetime, zone: ZoneInfo
) -> None:
    again = next_attempt(now, zone)

    assert attempts_left(2, [now, now], again - MICROSECOND, zone) == 0
    assert attempts_left(2, [now, now], again, zone) == 2


def test_an_attempt_without_a_zone_is_refused() -> None:
    naive = datetime(2025, 2, 22)  # noqa: DTZ001

    with pytest.raises(ValueError, match="has no zone"):
        attempts_left(3, [naive], NOW, HONG_KONG)
    with pytest.raises(ValueError, match="has no zone"):
        next_attempt(naive, HONG_KONG)


@pytest.mark.parametrize(
    ("position", "run_seconds", "workers", "seconds"),
    [
        (1, [10.0], 1, 10),
        (3, [10.0], 1, 30),
        (3, [10.0], 2, 15),
        (1, [4.0, 8.0, 600.0], 1, 8),  # one endless run does not frighten anybody
        (1, [4.0, 8.0], 1, 6),
    ],
)
def test_the_queue_moves_one_place_per_median_and_worker(
    position: int, run_seconds: list[float], workers: int, seconds: int
) -> None:
    assert expected_wait(position, run_seconds, workers) == timedelta(seconds=seconds)


def test_nothing_is_expected_without_history_or_worker() -> None:
    assert expected_wait(1, [], 4) is None
    assert expected_wait(1, [10.0], 0) is None


def test_there_is_no_place_before_the_first() -> None:
    with pytest.raises(ValueError, match=r"0 is no place in a queue\. The next job has place 1\."):
        expected_wait(0, [10.0], 1)
