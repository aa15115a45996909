"""What a zone's clock shows, and when: the two questions that daylight saving makes hard.

Python compares two datetimes of one zone by what their clocks show, not by which came first. So
every function here gives instants in UTC, where both are the same.

Both functions never decrease. That is what lets a later deadline never cost more than an earlier
one, also when both lie in an hour that the clock shows twice.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


def instant(moment: datetime) -> datetime:
    """The same instant in UTC. A datetime without a zone names none: `ValueError`."""
    if moment.utcoffset() is None:
        raise ValueError(f"{moment.isoformat()} has no zone. Give it one, such as UTC.")
    return moment.astimezone(UTC)


def wall_time(moment: datetime, zone: ZoneInfo) -> datetime:
    """The latest time that the clock of `zone` has shown up to `moment`, without a zone.

    Mostly the local time. When clocks have been set back and repeat an hour, it is the end of that
    hour until the hour is over. `moment` is a whole second.
    """
    local = moment.astimezone(zone)
    if not local.fold:
        return local.replace(tzinfo=None)
    shown_before = local.replace(fold=0).astimezone(UTC)
    last = _clock_change(shown_before, instant(moment), zone) - timedelta(seconds=1)
    return last.astimezone(zone).replace(tzinfo=None) + timedelta(seconds=1)


def first_showing(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which the clock of `zone` shows `wall` or later.

    For a time that the clock skips this is the moment of the skip. `wall` is a whole second and
    has no zone.
    """
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    # PEP 495: the two are in reverse order exactly when the clock never shows this time.
    return first if first <= second else _clock_change(second, first, zone)


def last_showing(wall: datetime, zone: ZoneInfo) -> datetime:
    """The last instant at which the clock of `zone` shows `wall`: what a deadline means by it.

    For a time that the clock skips this is the moment of the skip, as in `first_showing`.
    """
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return max(second, first_showing(wall, zone))


def days_later(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The same time on the wall, so many days later; `OverflowError` where no calendar goes."""
    local = moment.astimezone(zone).replace(tzinfo=None)
    return last_showing(local + timedelta(days=days), zone)


def _clock_change(early: datetime, late: datetime, zone: ZoneInfo) -> datetime:
    """The instant after `early`, at the latest `late`, at which the clock of `zone` was set."""
    before = early.astimezone(zone).utcoffset()

    def is_set(seconds: int) -> bool:
        moment = early + timedelta(seconds=seconds)
        return moment.astimezone(zone).utcoffset() != before

    seconds = range(int((late - early).total_seconds()))
    return early + timedelta(seconds=bisect_left(seconds, True, key=is_set))
