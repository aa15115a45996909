"""Extensions as staff ask for them: by form or by file, for whom, until when, and what they change.

`pipeline/extend.py` grants and revokes. Here is decided what would be granted, and told before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from grader.csv_reading import Row, Table
from grader.deadlines import Grant, Rules, dues_for, rules_of
from grader.domain.wall_clock import days_later, last_showing
from grader.drafts import fingerprint
from grader.effects import Effects, effects, look, refuse_unless_seen
from grader.errors import DraftOutdated, RuleRefused, TableUnreadable
from grader.models import Assignment, Course, Extension, Membership, Section, User
from grader.pipeline.extend import Wanted, grant_all, revoke
from grader.pipeline.score import in_turn
from grader.student_lookup import StudentLookup, column_of_students, needed_column

MOST_ROWS, MOST_DAYS, MOST_REASON = 5_000, 366, 500
_WAYS = ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d")
_END_OF_DAY = {"hour": 23, "minute": 59}


@dataclass(frozen=True, slots=True)
class Planned:
    """One extension that would be granted, in plain values."""

    assignment: int
    homework: str
    who: str
    due_at: datetime
    reason: str
    student: int | None = None
    section: int | None = None

    @property
    def grant(self) -> Grant:
        """As the rules know it."""
        return Grant(self.due_at, student=self.student, section=self.section)


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be granted, and a name of what that changes: both are looked at before."""

    granted: tuple[Planned, ...]
    look: str
    same: int = 0
    """How many of the file's rows ask for no later deadline than there is already."""


@dataclass(frozen=True, slots=True)
class For:
    """Whom an extension is for: a student, a section or (with neither) everybody."""

    student: Membership | None = None
    section: Section | None = None

    def __str__(self) -> str:
        if self.student is not None:
            return self.student.user.name
        return f"section {self.section.name}" if self.section is not None else "everybody"


def plan_of_form(
    whom: For,
    homeworks: Iterable[Assignment],
    *,
    until: datetime | None,
    days: int | None,
    reason: str,
) -> Plan:
    """What a form would grant, one extension for each homework; `RuleRefused` where nothing can be.

    until: a time on the wall in the course's zone; or days after each homework's own deadline
    """
    planned = []
    for homework in homeworks:
        due = _deadline(homework, until, days)
        stands = _stands(homework, whom)
        if due <= stands:
            told = _told(stands, homework.course.zone)
            raise RuleRefused(
                f"{homework.title}: {whom} may hand in {told} already. Choose a later time."
            )
        planned.append(_planned(homework, whom, due, reason))
    return Plan(tuple(planned), look(effects_of(planned)))


def plan_of_table(course: Course, table: Table) -> Plan:
    """What a file would grant, a row for each; `TableUnreadable` with every fault."""
    reading = _Reading(course, table)
    planned, faults, same = [], [], 0
    lines: dict[tuple[int | None, int], int] = {}
    for row in table.rows:
        try:
            one = reading.planned(row)
            key = (one.student, one.assignment)
            if key in lines:
                raise RuleRefused(f"{one.who} has line {lines[key]} for it already.")  # noqa: TRY301
        except (ValueError, RuleRefused) as error:
            faults.append(f"Line {row.line}: {error}")
            continue
        lines[key] = row.line
        if one.due_at <= reading.stands(one):
            same += 1
        else:
            planned.append(one)
    if faults:
        raise TableUnreadable(*faults)
    return Plan(tuple(planned), look(effects_of(planned)), same)


def effects_of(planned: Iterable[Planned]) -> list[Effects]:
    """What these extensions would change, homework by homework."""
    by_homework: dict[int, list[Grant]] = {}
    for one in planned:
        by_homework.setdefault(one.assignment, []).append(one.grant)
    return [
        effects(homework, _with(rules_of(homework), by_homework[homework.pk]))
        for homework in _homeworks(by_homework)
    ]


def effects_of_revoking(extension: Extension) -> Effects:
    """What would be lost with an extension."""
    homework = Assignment.objects.select_related("course").get(pk=extension.assignment_id)
    rules = rules_of(homework)
    gone = Grant(extension.due_at, student=extension.student_id, section=extension.section_id)
    left = list(rules.grants)
    if gone in left:
        left.remove(gone)
    return effects(homework, replace(rules, grants=tuple(left)))


@transaction.atomic
def grant(planned: Callable[[], Plan], *, seen: str, author: User) -> Plan:
    """Grant what a plan says, if it is still the one that was seen; else `DraftOutdated`."""
    for key in sorted({one.assignment for one in planned().granted}):
        in_turn(key)
    plan = planned()  # nobody scores these homeworks from here on
    if fingerprint(plan) != seen:
        raise DraftOutdated(
            "Grades or extensions have changed since this was shown, so nothing was granted. Look "
            "again at what it would do now."
        )
    grant_all(wanted_of(plan.granted), author=author)
    return plan


@transaction.atomic
def revoke_as_seen(extension: Extension, *, seen: str, author: User, now: datetime) -> bool:
    """Revoke an extension, if that does what was seen; False where somebody already has."""
    in_turn(extension.assignment_id)
    refuse_unless_seen([effects_of_revoking(extension)], seen)
    return revoke(extension, author=author, now=now)


def wanted_of(planned: Iterable[Planned]) -> list[Wanted]:
    """The same as rows that can be granted."""
    plans = list(planned)
    homeworks = Assignment.objects.select_related("course").in_bulk([p.assignment for p in plans])
    students = Membership.objects.in_bulk([p.student for p in plans if p.student])
    sections = Section.objects.in_bulk([p.section for p in plans if p.section])
    return [
        Wanted(
            homeworks[plan.assignment],
            plan.due_at,
            plan.reason,
            students[plan.student] if plan.student else None,
            sections[plan.section] if plan.section else None,
        )
        for plan in plans
    ]


class _Reading:
    """A file's rows, by the course's people and homeworks."""

    def __init__(self, course: Course, table: Table) -> None:
        self._who = column_of_students(table)
        self._homework = needed_column(table, "homework", ("homework", "assignment"))
        self._until = table.column("until", "due", "deadline")
        self._days = table.column("days")
        self._reason = needed_column(table, "reason", ("reason", "note"))
        if self._until is None and self._days is None:
            raise TableUnreadable(
                "No column says until when: call it “until”, with times such as 2025-02-25 23:59, "
                "or “days”, with a number of days after the deadline."
            )
        self._lookup = StudentLookup(course)
        homeworks = course.assignments.select_related("course")
        self._homeworks: Mapping[str, Assignment] = {row.slug: row for row in homeworks}
        self._rules = {row.pk: rules_of(row) for row in self._homeworks.values()}
        self._students: dict[int, Membership] = {}

    def planned(self, row: Row) -> Planned:
        """What one row asks for; `ValueError` says why it cannot be."""
        student = self._lookup.student(row.cells[self._who])
        self._students[student.pk] = student
        written = row.cells[self._homework].strip()
        homework = self._homeworks.get(written.casefold())
        if homework is None:
            known = ", ".join(self._homeworks)
            raise ValueError(f"there is no homework “{written}”. Known: {known}.")
        until, days = self._cell(row, self._until), self._cell(row, self._days)
        if bool(until) == bool(days):
            raise ValueError("write either until when, or for how many days.")
        reason = row.cells[self._reason].strip()
        _check_reason(reason)
        due = _deadline(homework, _wall(until), _number(days))
        return _planned(homework, For(student), due, reason)

    def stands(self, one: Planned) -> datetime:
        """Until when the student of a row has time already."""
        assert one.student is not None
        return self._rules[one.assignment].due(self._students[one.student])

    def _cell(self, row: Row, place: int | None) -> str:
        return "" if place is None else row.cells[place].strip()


def _with(rules: Rules, grants: Iterable[Grant]) -> Rules:
    return replace(rules, grants=(*rules.grants, *grants))


def _homeworks(keys: Iterable[int]) -> Iterable[Assignment]:
    return Assignment.objects.filter(pk__in=keys).select_related("course")


def _planned(homework: Assignment, whom: For, due: datetime, reason: str) -> Planned:
    return Planned(
        assignment=homework.pk,
        homework=homework.title,
        who=str(whom),
        due_at=due,
        reason=reason,
        student=whom.student.pk if whom.student else None,
        section=whom.section.pk if whom.section else None,
    )


def _deadline(homework: Assignment, until: datetime | None, days: int | None) -> datetime:
    zone = homework.course.zone
    try:
        if until is not None:
            return last_showing(until.replace(second=0, microsecond=0), zone)
        return days_later(homework.due_at, days or 0, zone)
    except OverflowError as error:
        raise RuleRefused("No calendar goes that far.") from error


def _stands(homework: Assignment, whom: For) -> datetime:
    """The deadline that holds for all of them without this extension."""
    if whom.student is not None:
        return dues_for([homework], whom.student)[homework.pk]
    rules = rules_of(homework)
    fitting = [
        grant.due_at
        for grant in rules.grants
        if grant.student is None
        and (grant.section is None or (whom.section and grant.section == whom.section.pk))
    ]
    return max([rules.due_at, *fitting])


def _wall(written: str) -> datetime | None:
    if not written:
        return None
    for way in _WAYS:
        try:
            wall = datetime.strptime(written, way)  # noqa: DTZ007 - a time on the wall
        except ValueError:
            continue
        return wall.replace(**_END_OF_DAY) if way == _WAYS[-1] else wall  # type: ignore[arg-type]
    raise ValueError(f"“{written[:40]}” is no time: write one such as 2025-02-25 23:59.")


def _number(written: str) -> int | None:
    if not written:
        return None
    if not (written.isascii() and written.isdigit() and 1 <= int(written[:5]) <= MOST_DAYS):
        raise ValueError(f"“{written[:40]}” is no number of days from 1 to {MOST_DAYS}.")
    return int(written)


def _check_reason(reason: str) -> None:
    if not reason:
        raise ValueError("write a reason: it is kept with the extension.")
    if len(reason) > MOST_REASON:
        raise ValueError(f"the reason is longer than {MOST_REASON} letters.")


def _told(moment: datetime, zone: ZoneInfo) -> str:
    return f"until {moment.astimezone(zone):%Y-%m-%d %H:%M}"
