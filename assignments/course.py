"""The course as a whole: `course.toml`, read and checked, or every fault of it at once."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from assignments.declaration import read_toml
from assignments.errors import AssignmentInvalid, Fault
from assignments.fields import Table, near_miss
from assignments.spec import HOMEWORK, CalendarEntry, CourseSpec, LatePolicySpec, WeightSpec

COURSE = "course.toml"
_BASES = ("earned", "possible")
_COUNTED = ("best", "latest")
_WHOLE = Decimal(100)
_PLACES, _TOO_MANY = 2, 100_000
"""What a table of points can hold."""


def load_course(folder: Path) -> CourseSpec:
    """Read `course.toml` of a folder, or raise `AssignmentInvalid` with all its faults."""
    faults: list[Fault] = []
    table = read_toml(folder, COURSE, faults)
    if table is None:
        raise AssignmentInvalid(COURSE, faults)
    zone = _zone(table)
    course = CourseSpec(
        code=table.text("code"),
        title=table.text("title"),
        timezone=zone.key,
        weights=tuple(_weight(weight) for weight in table.tables("weights")),
        late=_late(table.table("late")),
        calendar=tuple(_entry(entry, zone) for entry in table.tables("calendar")),
    )
    table.finish()
    _check_whole(course, table)
    _check_exams(course, table)
    if faults:
        raise AssignmentInvalid(COURSE, sorted(set(faults)))
    return course


def _zone(table: Table) -> ZoneInfo:
    name = table.text("timezone")
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):
        table.fault("timezone", f"is {name!r}, which is no zone.", 'Write one like "Asia/Tokyo".')
        return ZoneInfo("UTC")


def _weight(table: Table) -> WeightSpec:
    weight = WeightSpec(
        id=table.text("id"),
        title=table.text("title"),
        each=table.required_decimal("each"),
        count=table.integer("count", 1) or 1,
    )
    table.finish()
    return weight


def _late(table: Table) -> LatePolicySpec:
    rate = table.decimal("rate", zero=True, quoted=True)
    if not table.has("rate"):
        table.fault("rate", "is missing.", 'Add it: "0.20" takes 20 % for each begun period.')
    policy = LatePolicySpec(
        rate=rate or Decimal(0),
        period_hours=table.integer("period_hours", 24) or 24,
        grace_minutes=table.integer("grace_minutes", 0, least=0) or 0,
        floor=table.decimal("floor", zero=True, quoted=True) or Decimal(0),
        cutoff_days=table.integer("cutoff_days"),
        basis=table.choice("basis", _BASES, "earned"),
        counted=table.choice("counted", _COUNTED, "best"),
        slip_days=table.integer("slip_days", 0, least=0) or 0,
    )
    for key, value in (("rate", policy.rate), ("floor", policy.floor)):
        if value > 1:
            table.fault(key, f"is {value}, more than all.", "Write a fraction: 0.20 is 20 %.")
    table.finish()
    return policy


def _entry(table: Table, zone: ZoneInfo) -> CalendarEntry:
    entry = CalendarEntry(
        id=table.text("id"),
        title=table.text("title"),
        opens=_in_zone(table.moment("opens"), zone),
        due=_in_zone(table.moment("due"), zone),
        date=table.day("date"),
        points=_exam_points(table),
    )
    if entry.opens and entry.due and entry.opens >= entry.due:
        table.fault("due", "is not after opens.", "Correct one of the two.")
    if not table.has("due") and not table.has("date"):
        table.fault("due", "is missing.", "A homework has opens and due, an exam has date.")
    if table.has("date") and (table.has("due") or table.has("opens")):
        table.fault("date", "stands beside opens or due.", "An exam has date alone.")
    table.finish()
    return entry


def _exam_points(table: Table) -> Decimal | None:
    if not table.has("points"):
        return None
    points = table.required_decimal("points")
    if not table.has("date"):
        table.fault("points", "stands beside no date.", "A homework's points are in its folder.")
    if points >= _TOO_MANY or points != round(points, _PLACES):
        table.fault("points", f"is {points}.", f"Write at most two places, below {_TOO_MANY}.")
    return points


def _in_zone(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return moment.replace(tzinfo=zone) if moment else None


def _check_whole(course: CourseSpec, table: Table) -> None:
    total = sum((weight.each * weight.count for weight in course.weights), Decimal(0))
    if course.weights and total != _WHOLE:
        table.fault("weights", f"add up to {total}.", "Make them add up to 100.")
    for key, ids in (
        ("weights", [weight.id for weight in course.weights]),
        ("calendar", [entry.id for entry in course.calendar]),
        ("weights", [name for weight in course.weights for name in weight.exams]),
    ):
        for repeated in sorted({name for name in ids if name and ids.count(name) > 1}):
            table.fault(key, f"names {repeated!r} twice.", "Give each an id of its own.")


def _check_exams(course: CourseSpec, table: Table) -> None:
    """Weights and calendar mean the same by an id. Without weights nothing counts yet."""
    exams = {name for weight in course.weights for name in weight.exams}
    for entry in course.calendar:
        if entry.id in exams and entry.due:
            remedy = f"Give it a date alone, or count it in the weight {HOMEWORK!r}."
            table.fault("calendar", f"gives the exam {entry.id!r} a due.", remedy)
        if course.weights and entry.date and entry.id not in exams:
            known = near_miss(entry.id, exams) or "Add a weight with this id, or remove the entry."
            table.fault("calendar", f"has the exam {entry.id!r}, which no weight counts.", known)
