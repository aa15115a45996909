"""Numbers and times in the words that pages use. Nothing is computed here but the wording."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

_HOUR = 3600
_DAY = 24 * _HOUR


def plain(number: Decimal) -> str:
    """A number without empty places: 87.50 is `87.5`, 100.00 is `100`."""
    # `normalize` alone would write 100 as 1E+2; a zero may carry a sign.
    return f"{number.normalize() + 0:f}"


def per_cent(share: Decimal) -> str:
    """A share of one in hundredths: 0.20 is `20 %`, with the space that does not break."""
    return f"{plain(share * 100)}\N{NO-BREAK SPACE}%"


def moment(value: datetime, zone: ZoneInfo) -> str:
    """A time as the clock of `zone` shows it: `Sat 22 Feb 2025, 23:59`."""
    local = value.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


def day(value: datetime, zone: ZoneInfo) -> str:
    """A day of `zone`: `22 Feb`."""
    local = value.astimezone(zone)
    return f"{local.day} {local:%b}"


def span(length: timedelta) -> str:
    """A length of time in its two largest units: `2 days 3 hours`. Below a minute it is no time."""
    seconds = max(int(length.total_seconds()), 0)
    days, hours, minutes = seconds // _DAY, seconds % _DAY // _HOUR, seconds % _HOUR // 60
    parts = [(days, "day"), (hours, "hour")] if days else [(hours, "hour"), (minutes, "minute")]
    return " ".join(count(number, word) for number, word in parts if number) or "no time"


def soon(seconds: int) -> str:
    """When a short wait is over, never too early: `in 20 seconds`, `in 5 minutes`, `in 2 hours`."""
    for size, word in ((_HOUR, "hour"), (60, "minute")):
        if seconds > 2 * size:
            return f"in {count(-(-seconds // size), word)}"
    return f"in {count(seconds, 'second')}"


def count(number: int, word: str) -> str:
    """A number of things: `1 day`, `2 days`."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def lasting(length: timedelta) -> str:
    """A span in its largest two units, for staff: `40 s`, `3 min`, `2 h 5 min`, `3 days`."""
    seconds = max(int(length.total_seconds()), 0)
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3_600, seconds // 86_400
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes % 60} min" if not days else count(days, "day")


def zone_name(zone: ZoneInfo) -> str:
    """A zone as people say it: `Asia/Hong_Kong` is `Hong Kong time`; UTC stays."""
    return "UTC" if zone.key == "UTC" else f"{zone.key.rpartition('/')[2].replace('_', ' ')} time"
