"""How late an upload is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.domain.lateness import LatePolicy, accepts, days_late, deadline_end, step_time
from tests.grader.domain.deadlines import (
    BERLIN,
    CAIRO,
    COURSE,
    HAVANA,
    HONG_KONG,
    KATHMANDU,
    KOLKATA,
    LORD_HOWE,
    MICROSECOND,
    NEW_YORK,
    SANTIAGO,
    moments,
    policies,
    zones,
)

HW1 = datetime(2025, 2, 22, 23, 59, tzinfo=HONG_KONG)
RATE = Decimal("0.20")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("received", "days"),
    [
        ("2025-02-14 12:00:00", 0),
        ("2025-02-22 23:59:00", 0),
        ("2025-02-22 23:59:59.999", 0),
        ("2025-02-22 23:59:59.999999", 0),
        ("2025-02-23 00:00:00", 1),
        ("2025-02-23 00:00:01", 1),
        ("2025-02-23 23:59:00", 1),  # the deadline and 24 hours
        ("2025-02-23 23:59:59.999", 1),
        ("2025-02-24 00:00:00", 2),  # the end of its minute and 24 hours: the second day begins
        ("2025-02-24 00:00:01", 2),
        ("2025-02-26 23:59:59.999", 4),
        ("2025-02-27 00:00:00", 5),
        ("2025-03-22 12:00:00", 28),
    ],
)
def test_the_course_counts_begun_days(received: str, days: int) -> None:
    moment = datetime.fromisoformat(received).replace(tzinfo=HONG_KONG)

    assert days_late(HW1, moment, COURSE, HONG_KONG) == days


@pytest.mark.parametrize("second", [0, 30, 59])
def test_the_deadline_names_a_minute_whatever_its_seconds(second: int) -> None:
    due = HW1.replace(second=second, microsecond=second)

    assert deadline_end(due, COURSE, HONG_KONG) == utc("2025-02-22 16:00")


@pytest.mark.parametrize(
    ("zone", "due", "steps"),
    [
        (KOLKATA, "2025-02-22 23:59", ["02-22 18:30", "02-23 18:30", "02-24 18:30"]),
        (KATHMANDU, "2025-02-22 23:59", ["02-22 18:15", "02-23 18:15", "02-24 18:15"]),
        # 23 hours, then 25 hours: a day ends at the same time of the clock.
        (BERLIN, "2025-03-29 23:59", ["03-29 23:00", "03-30 22:00", "03-31 22:00"]),
        (BERLIN, "2025-10-25 23:59", ["10-25 22:00", "10-26 23:00", "10-27 23:00"]),
        (NEW_YORK, "2025-03-08 23:59", ["03-09 05:00", "03-10 04:00", "03-11 04:00"]),
        (NEW_YORK, "2025-11-01 23:59", ["11-02 04:00", "11-03 05:00", "11-04 05:00"]),
        # Half an hour less, half an hour more.
        (LORD_HOWE, "2025-10-04 23:59", ["10-04 13:30", "10-05 13:00", "10-06 13:00"]),
        (LORD_HOWE, "2025-04-05 23:59", ["04-05 13:00", "04-06 13:30", "04-07 13:30"]),
        # The time at which the day would end is skipped: it ends with the skip, once.
        (BERLIN, "2025-03-29 02:29", ["03-29 01:30", "03-30 01:00", "03-31 00:30"]),
        (NEW_YORK, "2025-03-08 02:29", ["03-08 07:30", "03-09 07:00", "03-10 06:30"]),
        # It comes twice: the first one counts.
        (BERLIN, "2025-10-25 02:29", ["10-25 00:30", "10-26 00:30", "10-27 01:30"]),
        # Midnight does not exist, as the deadline's own end and as a later day's.
        (CAIRO, "2025-04-24 23:59", ["04-24 22:00", "04-25 21:00", "04-26 21:00"]),
        (CAIRO, "2025-04-23 23:59", ["04-23 22:00", "04-24 22:00", "04-25 21:00"]),
        # Midnight comes twice.
        (HAVANA, "2025-11-01 23:59", ["11-02 04:00", "11-03 05:00", "11-04 05:00"]),
        # 23:59 comes twice and the deadline is the first; the days after end at midnight all the
        # same.
        (SANTIAGO, "2025-04-05 23:59", ["04-06 03:00", "04-07 04:00", "04-08 04:00"]),
    ],
)
def test_a_day_ends_at_the_same_time_of_the_clock(
    zone: ZoneInfo, due: str, steps: list[str]
) -> None:
    deadline = datetime.fromisoformat(due).replace(tzinfo=zone)

    for day, step in enumerate(steps, start=1):
        begins = utc(f"2025-{step}")
        assert step_time(deadline, day, COURSE, zone) == begins
        assert days_late(deadline, begins - MICROSECOND, COURSE, zone) == day - 1
        assert days_late(deadline, begins, COURSE, zone) == day


def test_other_periods_are_elapsed_hours() -> None:
    """Over a night of 23 hours, twelve hours stay twelve hours."""
    policy = LatePolicy(rate=RATE, period_hours=12)
    due = datetime(2025, 3, 29, 23, 59, tzinfo=BERLIN)

    assert [step_time(due, day, policy, BERLIN) for day in (1, 2, 3)] == [
        utc("2025-03-29 23:00"),
        utc("2025-03-30 11:00"),
        utc("2025-03-30 23:00"),
    ]


@pytest.mark.parametrize(
    ("grace", "received", "days"),
    [
        (15, "2025-02-23 00:14:59.999", 0),
        (15, "2025-02-23 00:15:00", 1),
        (15, "2025-02-23 23:59:59", 1),
        (15, "2025-02-24 00:00:00", 2),  # counted from the deadline, not from the end of grace
        (3000, "2025-02-25 01:59:59", 0),  # grace of 50 hours
        (3000, "2025-02-25 02:00:00", 3),
    ],
)
def test_grace_only_moves_where_lateness_begins(grace: int, received: str, days: int) -> None:
    policy = LatePolicy(rate=RATE, grace_minutes=grace)
    moment = datetime.fromisoformat(received).replace(tzinfo=HONG_KONG)

    assert days_late(HW1, moment, policy, HONG_KONG) == days


@pytest.mark.parametrize(
    ("cutoff_days", "received", "accepted"),
    [
        (None, "2026-02-22 00:00:00", True),
        (0, "2025-02-22 23:59:59.999", True),
        (0, "2025-02-23 00:00:00", False),
        (2, "2025-02-24 23:59:59.999", True),
        (2, "2025-02-25 00:00:00", False),
    ],
)
def test_the_cutoff_is_the_last_day_that_is_accepted(
    cutoff_days: int | None, received: str, accepted: bool
) -> None:
    policy = LatePolicy(rate=RATE, cutoff_days=cutoff_days)
    moment = datetime.fromisoformat(received).replace(tzinfo=HONG_KONG)

    assert accepts(HW1, moment, policy, HONG_KONG) is accepted


@settings(deadline=None, max_examples=300)
@given(due=moments, one=moments, other=moments, policy=policies, zone=zones)
def test_later_is_never_less_late(
    due: datetime, one: datetime, other: datetime, policy: LatePolicy, zone: ZoneInfo
) -> None:
    early, late = sorted((one, other))

    assert days_late(due, early, policy, zone) <= days_late(due, late, policy, zone)


@settings(deadline=None, max_examples=300)
@given(due=moments, day=st.integers(1, 40), policy=policies, zone=zones)
def test_a_step_is_the_first_instant_of_its_day(
    due: datetime, day: int, policy: LatePolicy, zone: ZoneInfo
) -> None:
    begins = step_time(due, day, policy, zone)

    assert days_late(due, begins - MICROSECOND, policy, zone) < day
    assert days_late(due, begins, policy, zone) >= day


@settings(deadline=None, max_examples=300)
@given(due=moments, day=st.integers(1, 40), policy=policies, zone=zones)
def test_steps_come_one_by_one_where_grace_is_shorter_than_a_period(
    due: datetime, day: int, policy: LatePolicy, zone: ZoneInfo
) -> None:
    short = LatePolicy(rate=policy.rate, period_hours=policy.period_hours, grace_minutes=45)
    begins = step_time(due, day, short, zone)

    assert days_late(due, begins - MICROSECOND, short, zone) == day - 1
    assert days_late(due, begins, short, zone) == day


@settings(deadline=None)
@given(due=moments, received=moments, policy=policies, zone=zones)
def test_the_zone_in_which_a_moment_is_written_makes_no_difference(
    due: datetime, received: datetime, policy: LatePolicy, zone: ZoneInfo
) -> None:
    written = days_late(due.astimezone(zone), received.astimezone(NEW_YORK), policy, zone)

    assert written == days_late(due, received, policy, zone)


def test_a_moment_without_a_zone_is_refused() -> None:
    naive = datetime(2025, 2, 22, 23, 59)  # noqa: DTZ001

    with pytest.raises(ValueError, match="2025-02-22T23:59:00 has no zone"):
        days_late(naive, HW1, COURSE, HONG_KONG)
    with pytest.raises(ValueError, match="has no zone"):
        days_late(HW1, naive, COURSE, HONG_KONG)
    with pytest.raises(ValueError, match="has no zone"):
        step_time(naive, 1, COURSE, HONG_KONG)


def test_the_first_late_day_is_day_one() -> None:
    with pytest.raises(ValueError, match=r"day is 0\. Write a whole number of at least 1\."):
        step_time(HW1, 0, COURSE, HONG_KONG)


def test_instants_come_out_in_utc() -> None:
    """Compared by their wall clocks, two instants of one zone may stand in the wrong order."""
    end = deadline_end(HW1, COURSE, HONG_KONG)

    assert (end.tzinfo, step_time(HW1, 2, COURSE, HONG_KONG).tzinfo) == (UTC, UTC)
    assert step_time(HW1, 2, COURSE, HONG_KONG) - end == timedelta(days=1)
