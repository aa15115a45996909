"""The calendar, moved so that one homework is open."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assignments.course import load_course
from assignments.spec import CalendarEntry
from grader.demo.course import shift_to_open

COURSE = load_course(Path(__file__).resolve().parents[3] / "assignments")
HOMEWORK1 = COURSE.calendar[0]
HONG_KONG = ZoneInfo("Asia/Hong_Kong")
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2034, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


def hong_kong(*parts: int) -> datetime:
    """A time of the course's clock."""
    return datetime(*parts, tzinfo=HONG_KONG)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("now", "opens", "due"),
    [
        # A Tuesday in the middle.
        ((2026, 11, 24, 8), (2026, 11, 19), (2026, 11, 28, 23, 59)),
        # A day before the deadline it is still that one; a minute later it is the next.
        ((2026, 11, 27, 23, 59), (2026, 11, 19), (2026, 11, 28, 23, 59)),
        ((2026, 11, 28, 0, 0), (2026, 11, 26), (2026, 12, 5, 23, 59)),
        # As printed, and before it was printed.
        ((2025, 2, 20, 12), (2025, 2, 13), (2025, 2, 22, 23, 59)),
        ((2024, 12, 25, 12), (2024, 12, 19), (2024, 12, 28, 23, 59)),
    ],
)
def test_homework_1_is_open(
    now: tuple[int, ...], opens: tuple[int, ...], due: tuple[int, ...]
) -> None:
    """By whole weeks: Thursday stays Thursday, 23:59 stays 23:59."""
    moved = shift_to_open(COURSE, "hw1", hong_kong(*now)).calendar[0]
    assert moved == replace(HOMEWORK1, opens=hong_kong(*opens), due=hong_kong(*due))


def test_all_dates_move_alike() -> None:
    """Exams too; and nothing else of the course changes."""
    moved = shift_to_open(COURSE, "hw1", hong_kong(2026, 11, 24))
    by_id = {entry.id: entry for entry in moved.calendar}
    assert by_id["midterm"].date == date(2025, 3, 24) + timedelta(weeks=92)
    assert by_id["hw4"].due == hong_kong(2027, 2, 9, 23, 59)
    assert replace(moved, calendar=COURSE.calendar) == COURSE


@given(MOMENTS)
def test_the_deadline_is_one_to_eight_days_ahead(now: datetime) -> None:
    """Whenever the demo is started."""
    moved = shift_to_open(COURSE, "hw1", now).calendar[0]
    assert moved.opens is not None
    assert moved.due is not None
    assert timedelta(days=1) <= moved.due - now < timedelta(days=8)
    # The class has had two days to upload.
    assert now - moved.opens >= timedelta(days=1, hours=23)


@given(MOMENTS)
def test_clocks_that_change(now: datetime) -> None:
    """In a zone with daylight saving the deadline keeps its time of day."""
    london = ZoneInfo("Europe/London")
    calendar = tuple(
        replace(
            entry,
            opens=entry.opens and entry.opens.replace(tzinfo=london),
            due=entry.due and entry.due.replace(tzinfo=london),
        )
        for entry in COURSE.calendar
    )
    moved = shift_to_open(replace(COURSE, calendar=calendar), "hw1", now).calendar[0]
    assert moved.due is not None
    assert (moved.due.hour, moved.due.minute, moved.due.weekday()) == (23, 59, 5)
    assert timedelta(days=1) <= moved.due.astimezone(UTC) - now < timedelta(days=8, hours=1)


@pytest.mark.parametrize("name", ["hw9", "midterm"])
def test_no_such_homework(name: str) -> None:
    """An exam is none."""
    with pytest.raises(ValueError, match=f"no homework '{name}'; take one of hw1, hw2, hw3, hw4"):
        shift_to_open(COURSE, name, hong_kong(2026, 11, 24))


def test_too_short() -> None:
    """A homework of one day is not open on most days, wherever its week lies."""
    day = CalendarEntry("hw1", "One day", opens=hong_kong(2025, 2, 21), due=hong_kong(2025, 2, 22))
    with pytest.raises(ValueError, match="hw1 is too short to be open by a move of whole weeks"):
        shift_to_open(replace(COURSE, calendar=(day,)), "hw1", hong_kong(2026, 11, 24))
