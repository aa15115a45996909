"""Where things stand in the two pictures: the term, and the points of the homeworks.

Lengths along the picture are per cents of its width, so that it fits every screen and its letters
keep their size; lengths down are in pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from grader.queries.course import CoursePage, HomeworkRow, Stage
from grader.queries.grades import GradeRow, GradesPage
from web.wording import day, plain

_TOP = 30
_ROW = 38
_BOTTOM = 26
_MARGIN = timedelta(days=3)
_FEW_MONTHS = 7
_LATE_DAYS_SHOWN = timedelta(days=7)
"""A tail of lateness that never ends is drawn as a week."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A homework's time: `x` to `x + width` on time, then `late_width` with a penalty."""

    label: str
    y: int
    x: str
    width: str
    late_x: str
    late_width: str
    text_x: str
    anchor: str
    stage: Stage


@dataclass(frozen=True, slots=True)
class Tick:
    """The first day of a month."""

    x: str
    label: str


@dataclass(frozen=True, slots=True)
class TermChart:
    """The windows of a term's homeworks."""

    height: int
    floor: int
    """Where the months stand, from the top."""
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    today: str | None
    """Where now is; None outside the term."""
    today_anchor: str
    has_lateness: bool
    description: str


@dataclass(frozen=True, slots=True)
class PointsBar:
    """A homework's points: what is kept, then what lateness took."""

    label: str
    value: str
    y: int
    kept: str
    lost_x: str
    lost: str


@dataclass(frozen=True, slots=True)
class PointsChart:
    """The points of the homeworks that have a score."""

    height: int
    bars: tuple[PointsBar, ...]
    has_losses: bool
    description: str


@dataclass(frozen=True, slots=True)
class _Axis:
    start: datetime
    end: datetime

    def at(self, moment: datetime) -> float:
        """Where a moment stands, in per cent of the width."""
        return min(max((moment - self.start) / (self.end - self.start), 0.0), 1.0) * 100

    def holds(self, moment: datetime) -> bool:
        """Whether a moment lies in the picture."""
        return self.start <= moment <= self.end


def term_chart(page: CoursePage) -> TermChart | None:
    """The term's homeworks along time; None when there is none."""
    if not page.homeworks:
        return None
    axis = _Axis(
        min(row.opens_at for row in page.homeworks) - _MARGIN,
        max(_late_end(row) for row in page.homeworks) + _MARGIN,
    )
    zone, today = page.course.zone, axis.at(page.now)
    floor = _TOP + _ROW * len(page.homeworks)
    return TermChart(
        height=floor + _BOTTOM,
        floor=floor,
        bars=tuple(_bar(row, n, axis, zone) for n, row in enumerate(page.homeworks)),
        ticks=tuple(_months(axis, zone)),
        today=_per_cent(today) if axis.holds(page.now) else None,
        today_anchor=_anchor(today),
        has_lateness=any(_late_end(row) > row.ends_at for row in page.homeworks),
        description=_term_in_words(page),
    )


def points_chart(page: GradesPage) -> PointsChart | None:
    """The points of each homework that has a score; None when there is none."""
    scored = [row for row in page.rows if row.cell.final is not None]
    if not scored:
        return None
    bars = tuple(_points_bar(row, number) for number, row in enumerate(scored))
    return PointsChart(
        height=_ROW * len(bars),
        bars=bars,
        has_losses=any(_lost(row) for row in scored),
        description="; ".join(f"{bar.label}: {bar.value}" for bar in bars) + ".",
    )


def _bar(row: HomeworkRow, number: int, axis: _Axis, zone: ZoneInfo) -> Bar:
    start, due, end = axis.at(row.opens_at), axis.at(row.ends_at), axis.at(_late_end(row))
    # A label that begins in the last part of the picture would run out of it.
    anchor = "end" if start > 55 else "start"  # noqa: PLR2004 - per cent of the width
    return Bar(
        # "Homework 1" of "Homework 1: Tensors and SGD": a phone has no room for more.
        label=f"{row.title.partition(':')[0]}, due {day(row.due_at, zone)}",
        y=_TOP + _ROW * number,
        x=_per_cent(start),
        width=_per_cent(due - start),
        late_x=_per_cent(due),
        late_width=_per_cent(end - due),
        text_x=_per_cent(end if anchor == "end" else start),
        anchor=anchor,
        stage=row.stage,
    )


def _late_end(row: HomeworkRow) -> datetime:
    """Until when a late upload is worth something, but less than one on time."""
    costs = row.cost.next_step is not None or row.cost.factor < 1
    forever = row.ends_at + _LATE_DAYS_SHOWN if costs else row.ends_at
    return row.cost.worthless_from or forever


def _months(axis: _Axis, zone: ZoneInfo) -> Iterator[Tick]:
    first = axis.start.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    months = []
    while first <= axis.end:
        if axis.holds(first):
            months.append(first)
        first = (first + timedelta(days=32)).replace(day=1)
    step = len(months) // _FEW_MONTHS + 1
    for month in months[::step]:
        yield Tick(_per_cent(axis.at(month)), f"{month:%b}")


def _term_in_words(page: CoursePage) -> str:
    zone = page.course.zone
    rows = (
        f"{row.title} from {day(row.opens_at, zone)} to {day(row.due_at, zone)}"
        for row in page.homeworks
    )
    return f"{'; '.join(rows)}. Today is {day(page.now, zone)}."


def _points_bar(row: GradeRow, number: int) -> PointsBar:
    final, possible = row.cell.final, row.cell.possible
    assert final is not None
    assert possible is not None
    kept = _share(final, possible)
    return PointsBar(
        label=row.title,
        value=f"{plain(final)} of {plain(possible)}",
        y=_ROW * number,
        kept=_per_cent(kept),
        lost_x=_per_cent(kept),
        lost=_per_cent(_share(_lost(row), possible)),
    )


def _lost(row: GradeRow) -> Decimal:
    """What lateness took; nothing where a person has decided the points."""
    return Decimal(0) if row.cell.overridden else row.cell.penalty or Decimal(0)


def _share(part: Decimal, whole: Decimal) -> float:
    return min(float(part / whole), 1.0) * 100


def _anchor(x: float) -> str:
    """Which end of a text stands at `x`, so that it does not run out of the picture."""
    return "start" if x < 10 else "end" if x > 90 else "middle"  # noqa: PLR2004 - per cent


def _per_cent(number: float) -> str:
    return f"{number:.2f}%"
