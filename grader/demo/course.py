"""The course's calendar, moved by whole weeks so that one homework is open today."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from assignments.spec import CalendarEntry, CourseSpec
from grader.domain.wall_clock import instant

_WEEK = timedelta(weeks=1)
LEAD = timedelta(days=1)
"""At least this long before its deadline, the homework is still open."""


def shift_to_open(course: CourseSpec, homework: str, now: datetime) -> CourseSpec:
    """The same course, all its dates moved by so many weeks that `homework` is open at `now`.

    Weekdays, times of day in the course's zone and all distances stay. The deadline lies one to
    eight days ahead. `ValueError` where there is no such homework, or where it is too short: one
    of nine days or more can always be open so.
    """
    entry = next((e for e in course.calendar if e.id == homework and e.opens and e.due), None)
    if entry is None or entry.due is None:
        raise ValueError(f"The calendar has no homework {homework!r}; take one of {_ids(course)}.")
    earliest = instant(now) + LEAD
    # Begun a week low: where clocks change in between, the quotient may be one too many.
    weeks = (earliest - entry.due) // _WEEK - 1
    while _moved(entry.due, weeks) < earliest:
        weeks += 1
    calendar = tuple(_shifted(each, weeks) for each in course.calendar)
    opens = next(each.opens for each in calendar if each.id == homework)
    if opens is None or opens > instant(now):
        raise ValueError(f"{homework} is too short to be open by a move of whole weeks.")
    return replace(course, calendar=calendar)


def _shifted(entry: CalendarEntry, weeks: int) -> CalendarEntry:
    return replace(
        entry,
        opens=entry.opens and _moved(entry.opens, weeks),
        due=entry.due and _moved(entry.due, weeks),
        date=entry.date and entry.date + weeks * _WEEK,
    )


def _moved(moment: datetime, weeks: int) -> datetime:
    """By the clock on the wall: Python adds to a local time so."""
    return moment + weeks * _WEEK


def _ids(course: CourseSpec) -> str:
    return ", ".join(entry.id for entry in course.calendar if entry.due)
