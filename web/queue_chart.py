"""The picture of the queue over the last hours: a bar for each few minutes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from grader.queries.grading import GradingPage

HEIGHT = 120
FLOOR = 96
_TOP = 18
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class QueueBar:
    """How many waited then. Lengths along are per cents, down are pixels."""

    x: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class HourTick:
    """A full hour."""

    x: str
    label: str


@dataclass(frozen=True, slots=True)
class QueueChart:
    """The picture."""

    width: str
    bars: tuple[QueueBar, ...]
    ticks: tuple[HourTick, ...]
    most: int
    description: str
    height: int = HEIGHT
    floor: int = FLOOR
    top: int = _TOP


def queue_chart(page: GradingPage, zone: ZoneInfo) -> QueueChart | None:
    """The queue over the last hours; None where nobody waited."""
    most = max(moment.waiting for moment in page.history)
    if not most:
        return None
    start, end, number = page.history[0].at, page.history[-1].at, len(page.history)
    bars = []
    for place, moment in enumerate(page.history):
        length = (FLOOR - _TOP) * moment.waiting / most
        if moment.waiting:
            bars.append(QueueBar(f"{place / number:.2%}", f"{FLOOR - length:.1f}", f"{length:.1f}"))
    hour = start.astimezone(zone).replace(minute=0, second=0, microsecond=0) + _HOUR
    ticks = []
    while hour < end:
        share = (hour - start) / (end - start)
        if share < 0.93:  # noqa: PLR2004 - a label that begins later would run out of the picture
            ticks.append(HourTick(f"{share:.2%}", f"{hour:%H:%M}"))
        hour += _HOUR
    peak = max(page.history, key=lambda moment: moment.waiting)
    return QueueChart(
        width=f"{0.8 / number:.2%}",
        bars=tuple(bars),
        ticks=tuple(ticks),
        most=most,
        description=f"In the last six hours {most} waited at most, at "
        f"{peak.at.astimezone(zone):%H:%M}; now {page.history[-1].waiting}.",
    )
