"""A column of the gradebook as a picture: how many students have how much of what is possible.

Lengths along it are per cents of its width, as in `charts.py`; lengths down are in pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

from grader.queries.gradebook_page import ColumnSummary
from web.wording import count

HEIGHT = 64
_GAP = 0.6
"""Between two bars, in per cent of the width."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A tenth of the points, and how many stand there."""

    x: str
    y: int
    height: int
    width: str
    count: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """The picture of one column; `key` tells it from the others on its page."""

    key: str
    bars: tuple[Bar, ...]
    floor: int
    description: str


def histogram_of(column: ColumnSummary, number: int) -> Histogram | None:
    """The picture of a column; None when nobody has points there."""
    if column.numbers is None:
        return None
    width, most = 100 / len(column.bins), max(column.bins)
    bars = []
    for place, students in enumerate(column.bins):
        # One student is to be seen among a thousand.
        height = max(round(HEIGHT * students / most), 2) if students else 0
        bars.append(
            Bar(
                x=f"{place * width + _GAP / 2:.2f}%",
                y=HEIGHT - height,
                height=height,
                width=f"{width - _GAP:.2f}%",
                count=students,
            )
        )
    return Histogram(str(number), tuple(bars), HEIGHT, _in_words(column))


def _in_words(column: ColumnSummary) -> str:
    step = 100 // len(column.bins)
    last = len(column.bins) - 1
    parts = (
        f"{count(students, 'student')} with {place * step} % "
        + ("or more" if place == last else f"to below {(place + 1) * step} %")
        for place, students in enumerate(column.bins)
        if students
    )
    return "; ".join(parts) + "."
