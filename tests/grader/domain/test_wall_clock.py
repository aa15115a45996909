"""What clocks show, and when, around their changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.domain.wall_clock import first_showing, instant, wall_time
from tests.grader.domain.deadlines import (
    BERLIN,
    CAIRO,
    HAVANA,
    HONG_KONG,
    LORD_HOWE,
    NEW_YORK,
    SANTIAGO,
    moments,
    zones,
)

SECOND = timedelta(seconds=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "wall", "shown"),
    [
        (HONG_KONG, "2025-02-23 00:00", "2025-02-22 16:00"),
        (BERLIN, "2025-03-30 02:30", "2025-03-30 01:00"),  # skipped: the moment of the skip
        (BERLIN, "2025-03-30 03:00", "2025-03-30 01:00"),
        (BERLIN, "2025-10-26 02:30", "2025-10-26 00:30"),  # shown twice: the first time
        (BERLIN, "2025-10-26 03:00", "2025-10-26 02:00"),
        (NEW_YORK, "2025-03-09 02:15", "2025-03-09 07:00"),
        (LORD_HOWE, "2025-10-05 02:20", "2025-10-04 15:30"),  # half an hour is skipped
        (LORD_HOWE, "2025-04-06 01:45", "2025-04-05 14:45"),
        (CAIRO, "2025-04-25 00:00", "2025-04-24 22:00"),  # a midnight that does not exist
        (HAVANA, "2025-11-02 00:00", "2025-11-02 04:00"),  # a midnight that comes twice
        (SANTIAGO, "2025-04-06 00:00", "2025-04-06 04:00"),  # eleven to midnight comes twice
    ],
)
def test_when_a_time_is_first_shown(zone: ZoneInfo, wall: str, shown: str) -> None:
    assert first_showing(datetime.fromisoformat(wall), zone) == utc(shown)


@pytest.mark.parametrize(
    ("zone", "moment", "wall"),
    [
        (HONG_KONG, "2025-02-22 16:00", "2025-02-23 00:00"),
        (BERLIN, "2025-03-30 01:00", "2025-03-30 03:00"),
        (BERLIN, "2025-10-26 00:30", "2025-10-26 02:30"),
        (BERLIN, "2025-10-26 01:30", "2025-10-26 03:00"),  # 02:30 again, after 02:59:59
        (LORD_HOWE, "2025-04-05 15:10", "2025-04-06 02:00"),
        (SANTIAGO, "2025-04-06 03:59", "2025-04-06 00:00"),
    ],
)
def test_the_latest_time_shown_so_far(zone: ZoneInfo, moment: str, wall: str) -> None:
    assert wall_time(utc(moment), zone) == datetime.fromisoformat(wall)


@settings(deadline=None)
@given(zone=zones, one=moments, other=moments)
def test_neither_ever_goes_back(zone: ZoneInfo, one: datetime, other: datetime) -> None:
    early, late = sorted(moment.replace(microsecond=0) for moment in (one, other))

    assert wall_time(early, zone) <= wall_time(late, zone)
    naive_early, naive_late = early.replace(tzinfo=None), late.replace(tzinfo=None)
    assert first_showing(naive_early, zone) <= first_showing(naive_late, zone)


@settings(deadline=None)
@given(zone=zones, moment=moments)
def test_a_time_is_shown_from_its_first_showing_and_not_before(
    zone: ZoneInfo, moment: datetime
) -> None:
    wall = moment.replace(tzinfo=None, microsecond=0)
    shown = first_showing(wall, zone)

    assert wall_time(shown, zone) >= wall
    assert wall_time(shown - SECOND, zone) < wall


@given(st.datetimes())
def test_a_time_without_a_zone_is_refused(naive: datetime) -> None:
    with pytest.raises(ValueError, match=r"has no zone\. Give it one, such as UTC\."):
        instant(naive)
