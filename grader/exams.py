"""Points in exams, as somebody enters them by form or by file: planned, looked at, then written.

A plan says what would become of whom, and is all that an act does. `ExamScore` is append-only: the
newest row of a student counts, and one without points takes the entry back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Max

from grader.csv_reading import Table
from grader.errors import TableUnreadable
from grader.models import AuditEntry, Exam, ExamScore, Membership, User
from grader.student_lookup import StudentLookup, column_of_students, needed_column

MOST_ROWS = 10_000
POINTS = ("points", "score", "grade", "mark", "marks", "result")
_NONE = "-"
ABSENT = frozenset({"absent", _NONE, "–"})  # noqa: RUF001 - spreadsheets make one of two hyphens
"""What is written for who has no points: it takes points back only when that is asked for."""
_NUMBER = re.compile(r"\d{1,6}(\.\d{1,12})?|\.\d{1,12}", re.ASCII)
_WITH_COMMA = re.compile(r"\d+,\d+", re.ASCII)
_PLACES = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one student's points; None is none."""

    student: int
    name: str
    number: str
    before: Decimal | None
    after: Decimal | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What entering a table or a form would do, in plain values."""

    changes: tuple[Change, ...]
    same: int = 0
    """How many entries say what stands already."""
    blank: int = 0
    """How many say nothing."""
    kept: tuple[str, ...] = ()
    """Who is marked as absent and has points, which stay because nobody asked to take them back."""

    @property
    def replaced(self) -> tuple[Change, ...]:
        """The changes of points that somebody entered before."""
        return tuple(change for change in self.changes if change.before is not None)


def current_points(exam: Exam) -> dict[int, Decimal]:
    """The points of each student who has some, by the key of their membership; one query."""
    newest = exam.scores.values("student").annotate(newest=Max("pk")).values("newest")
    rows = ExamScore.objects.filter(pk__in=newest, points__isnull=False)
    return {row.student_id: row.points for row in rows if row.points is not None}


def read_points(written: str, possible: Decimal) -> Decimal:
    """Points as somebody writes them; `ValueError` says what is wrong with them."""
    text = written.strip()
    if _WITH_COMMA.fullmatch(text):
        raise ValueError(f"{text} has a decimal comma: write {text.replace(',', '.')}.")
    if text.startswith("-") and _NUMBER.fullmatch(text[1:]):
        raise ValueError(f"{text} is below 0.")
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"“{text[:40]}” is no number of points.")
    points = Decimal(text)
    if points != points.quantize(_PLACES):
        raise ValueError(f"{text} has more than two places after the point: round it.")
    if points > possible:
        raise ValueError(f"{text} is more than the {possible.normalize():f} points of this exam.")
    return points.quantize(_PLACES)


def plan_of_table(exam: Exam, table: Table, *, take_back: bool = False) -> Plan:
    """What a table with a row for each student would do; `TableUnreadable` with every fault."""
    who, what = column_of_students(table), needed_column(table, "points", POINTS)
    lookup, entries, faults = StudentLookup(exam.course), {}, []
    lines: dict[int, int] = {}
    for row in table.rows:
        try:
            member = lookup.student(row.cells[who])
            if member.pk in lines:
                name = f"{member.user.name} ({row.cells[who].strip()})"
                raise ValueError(f"{name} stands in line {lines[member.pk]} already.")  # noqa: TRY301
            lines[member.pk] = row.line
            _check(row.cells[what], exam.possible)
        except ValueError as error:
            faults.append(f"Line {row.line}: {error}")
            continue
        entries[member] = row.cells[what]
    if faults:
        raise TableUnreadable(*faults)
    return _plan(exam, entries, take_back=take_back)


def plan_of_form(exam: Exam, typed: Mapping[Membership, str]) -> tuple[Plan, dict[int, str]]:
    """What fields with points would do, and a sentence for each that cannot be read.

    A field that is empty takes back what somebody entered: it was not empty when it was shown.
    """
    sentences = {}
    for member, written in typed.items():
        try:
            _check(written, exam.possible)
        except ValueError as error:
            sentences[member.pk] = str(error)
    sound = {
        member: text.strip() or _NONE
        for member, text in typed.items()
        if member.pk not in sentences
    }
    return _plan(exam, sound, take_back=True), sentences


@transaction.atomic
def enter(exam: Exam, planned: Callable[[], Plan], *, source: str, author: User) -> Plan:
    """Write what the plan says. It is made within: nobody else enters points meanwhile."""
    Exam.objects.select_for_update(no_key=True).get(pk=exam.pk)
    plan = planned()
    ExamScore.objects.bulk_create(
        ExamScore(
            exam=exam,
            student_id=change.student,
            points=change.after,
            source=source,
            author=author,
        )
        for change in plan.changes
    )
    AuditEntry.objects.bulk_create(_noted(exam, change, source, author) for change in plan.changes)
    return plan


def _check(written: str, possible: Decimal) -> None:
    if written.strip() and written.strip().casefold() not in ABSENT:
        read_points(written, possible)


def _plan(exam: Exam, entries: Mapping[Membership, str], *, take_back: bool) -> Plan:
    now = current_points(exam)
    changes, kept, same, blank = [], [], 0, 0
    for member, written in entries.items():
        text, before = written.strip(), now.get(member.pk)
        if not text:
            blank += 1
            continue
        absent = text.casefold() in ABSENT
        after = None if absent else read_points(text, exam.possible)
        if after == before:
            same += 1
        elif absent and not take_back:
            kept.append(f"{member.user.name} ({before})")
        else:
            changes.append(_change(member, before, after))
    return Plan(tuple(changes), same=same, blank=blank, kept=tuple(kept))


def _change(member: Membership, before: Decimal | None, after: Decimal | None) -> Change:
    return Change(
        student=member.pk,
        name=member.user.name,
        number=member.student_number,
        before=before,
        after=after,
    )


def _noted(exam: Exam, change: Change, source: str, author: User) -> AuditEntry:
    return AuditEntry(
        course=exam.course,
        actor=author,
        action="exam.points_entered" if change.after is not None else "exam.points_taken_back",
        subject=f"exam {exam.pk}",
        detail={
            "student": change.student,
            "before": _plain(change.before),
            "after": _plain(change.after),
            "source": source,
        },
    )


def _plain(points: Decimal | None) -> str | None:
    return None if points is None else str(points)


def students_of(exam: Exam, keys: Iterable[int]) -> dict[int, Membership]:
    """The active students of the exam's course among these keys."""
    rows = exam.course.memberships.filter(role="student", active=True, pk__in=keys)
    return rows.select_related("user").in_bulk()
