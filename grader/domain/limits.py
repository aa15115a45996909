"""How many graded attempts are left today, and how long the queue takes.

A day is the course's calendar day, so that all students of a course have the same one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from grader.domain.wall_clock import first_showing, instant


def attempts_left(
    per_day: int | None, earlier: Sequence[datetime], now: datetime, zone: ZoneInfo
) -> int | None:
    """How many more uploads may be graded on this day of `zone`; None means without limit.

    `earlier` are the times of receipt of the attempts that count. One that was lost to a fault of
    ours does not count, and the caller leaves it out.
    """
    if per_day is None:
        return None
    today = instant(now).astimezone(zone).date()
    spent = sum(instant(moment).astimezone(zone).date() == today for moment in earlier)
    return max(per_day - spent, 0)


def next_attempt(now: datetime, zone: ZoneInfo) -> datetime:
    """When the next day of `zone` begins, in UTC: its midnight, or the first instant it has."""
    tomorrow = instant(now).astimezone(zone).date() + timedelta(days=1)
    return first_showing(datetime.combine(tomorrow, time.min), zone)


def expected_wait(position: int, run_seconds: Sequence[float], workers: int) -> timedelta | None:
    """How long a job at `position` waits until it starts; 1 is the next to start.

    All workers together finish `workers` jobs in the time of one, so the queue moves by one place
    every `median / workers` seconds. The median, because one endless run says nothing about the
    next. None when there is no past run to go by, or no worker. `ValueError` for a position below
    1.
    """
    if position < 1:
        raise ValueError(f"{position} is no place in a queue. The next job has place 1.")
    if not run_seconds or workers < 1:
        return None
    return timedelta(seconds=median(run_seconds) * position / workers)
