"""What a course's learning management systems have of its grades: each student's state, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from grader.domain.gradebook import Column, ColumnKind
from grader.domain.passback import Grade, PassbackState, Unsendable, same_points
from grader.lti.services import SCORE
from grader.models import Course, LineItem, LtiAccount, LtiContext, Membership, Passback
from grader.passback import Last, Owed, differs, owed
from grader.queries.gradebook import Gradebook, gradebook

_MOST = 100


class Standing(StrEnum):
    """Where a student's grade is on its way. For every grade that is due, exactly one."""

    SENT = "sent"
    WAITING = "waiting"
    PARKED = "parked"
    UNKNOWN = "unknown user"
    """Due, and the platform's user is not known."""
    NOTHING = "nothing to send"


@dataclass(frozen=True, slots=True)
class StudentState:
    """A student and a connected column."""

    item: LineItem
    member: int
    name: str
    number: str
    standing: Standing
    reason: str
    """Why it is not sent, or what the platform said; empty where all is well."""
    grade: Grade | None
    sent: Passback | None
    """What the platform last took."""
    row: Passback | None

    @property
    def title(self) -> str:
        """What our column is called."""
        return str(self.item.assignment or self.item.exam)

    @property
    def is_held_up(self) -> bool:
        """Whether it was tried and is not there."""
        waits = self.standing == Standing.WAITING and bool(self.reason)
        return waits or self.standing == Standing.PARKED

    @property
    def differs(self) -> bool:
        """Whether the platform shows something else than what it took, as last looked at."""
        sent = self.sent
        if sent is None or sent.found_at is None:
            return False
        return not same_points(sent.found, sent.points)


@dataclass(frozen=True, slots=True)
class ColumnState:
    """A column of ours within a platform's course; `item` is None where it is not connected."""

    column: Column
    item: LineItem | None
    counts: Counter[Standing]
    differ: int = 0
    last_sent: datetime | None = None
    compared: datetime | None = None

    @property
    def is_gone(self) -> bool:
        """Whether it was connected, and the platform has no such column any more."""
        return self.item is not None and self.item.gone_at is not None

    @property
    def is_connected(self) -> bool:
        """Whether grades go there."""
        return self.item is not None and self.item.gone_at is None

    @property
    def sent(self) -> int:
        """How many grades are there as they are here."""
        return self.counts[Standing.SENT]

    @property
    def waiting(self) -> int:
        """How many are on their way."""
        return self.counts[Standing.WAITING]

    @property
    def parked(self) -> int:
        """How many were refused."""
        return self.counts[Standing.PARKED]

    @property
    def unknown(self) -> int:
        """How many are due for students whom the platform calls nobody knows what."""
        return self.counts[Standing.UNKNOWN]


@dataclass(frozen=True, slots=True)
class ContextState:
    """A platform's course."""

    context: LtiContext
    columns: tuple[ColumnState, ...]
    known: int
    """How many of our people the platform's users are known to be."""

    @property
    def takes_scores(self) -> bool:
        """Whether the platform has said that it takes scores of us."""
        return SCORE[1] in self.context.scopes


@dataclass(frozen=True, slots=True)
class LmsPage:
    """All platforms of a course."""

    course: Course
    contexts: tuple[ContextState, ...]
    troubles: tuple[StudentState, ...]
    """What is parked, and what was tried and waits; not more than a page can show."""
    more_troubles: int
    """How many others there are."""


def lms_page(course: Course, *, now: datetime) -> LmsPage:
    """Where everything is; a constant number of queries, and no platform is asked."""
    states = student_states(course, now=now)
    book = gradebook(course, now=now)
    contexts = LtiContext.objects.filter(course=course).select_related("deployment__platform")
    gone = LineItem.objects.filter(context__course=course, gone_at__isnull=False)
    accounts = Counter(
        LtiAccount.objects.filter(user__memberships__course=course).values_list(
            "platform_id", flat=True
        )
    )
    troubles = [state for state in states if state.is_held_up]
    return LmsPage(
        course,
        tuple(
            ContextState(
                context,
                tuple(_columns(context, book, states, list(gone))),
                accounts[context.deployment.platform_id],
            )
            for context in contexts.order_by("pk")
        ),
        tuple(troubles[:_MOST]),
        len(troubles[_MOST:]),
    )


def student_states(
    course: Course, *, now: datetime, item: LineItem | None = None
) -> list[StudentState]:
    """Each student of each connected column, or of one."""
    last, people = Last(course), _people(course)
    return [
        _state(each, last, people[each.member])
        for each in owed(course, now=now)
        if item in {None, each.item}
    ]


@dataclass(frozen=True, slots=True)
class Arrival:
    """That a student's grade has reached a platform; the points themselves are not told here."""

    title: str
    platform: str
    at: datetime


def arrivals_of(student: Membership) -> list[Arrival]:
    """Where a student's grades are by now, in the order in which they came there; one query."""
    related = ("assignment", "exam", "context__deployment__platform")
    rows = Passback.objects.filter(student=student, state=PassbackState.SENT)
    rows = rows.select_related(*(f"line_item__{name}" for name in related)).order_by("sent_at")
    newest = {row.line_item_id: row for row in rows}
    return [
        Arrival(
            str(row.line_item.assignment or row.line_item.exam),
            str(row.line_item.context.deployment.platform),
            row.sent_at,
        )
        for row in newest.values()
        if row.sent_at is not None
    ]


def _people(course: Course) -> dict[int, tuple[str, str]]:
    rows = course.memberships.values_list("pk", "user__name", "student_number")
    return {pk: (name, number) for pk, name, number in rows}


def _state(each: Owed, last: Last, person: tuple[str, str]) -> StudentState:
    row, sent = last.row(each), last.sent(each)
    grade = each.grade if isinstance(each.grade, Grade) else None
    standing, reason = _standing(each, row)
    return StudentState(each.item, each.member, *person, standing, reason, grade, sent, row)


def _standing(each: Owed, row: Passback | None) -> tuple[Standing, str]:
    if each.grade == Unsendable.UNKNOWN:
        return Standing.UNKNOWN, Unsendable.UNKNOWN
    if isinstance(each.grade, Unsendable):
        return Standing.NOTHING, each.grade
    if row is None or differs(each.grade, row) or row.state == PassbackState.WAITING:
        return Standing.WAITING, row.answer if row and row.state == PassbackState.WAITING else ""
    if row.state == PassbackState.PARKED:
        return Standing.PARKED, row.answer
    return Standing.SENT, ""


def _columns(
    context: LtiContext,
    book: Gradebook,
    states: Iterable[StudentState],
    gone: Iterable[LineItem],
) -> Iterable[ColumnState]:
    own = [state for state in states if state.item.context_id == context.pk]
    for column in book.columns:
        kind = "exam_id" if column.kind == ColumnKind.EXAM else "assignment_id"
        here = [state for state in own if getattr(state.item, kind) == column.pk]
        items = {state.item for state in here}
        lost = [x for x in gone if x.context_id == context.pk and getattr(x, kind) == column.pk]
        if not items:
            yield ColumnState(column, lost[-1] if lost else None, Counter())
        for item in sorted(items, key=lambda one: one.pk):
            mine = [state for state in here if state.item == item]
            sent = [state.sent for state in mine if state.sent]
            yield ColumnState(
                column,
                item,
                Counter(state.standing for state in mine),
                sum(state.differs for state in mine),
                max((row.sent_at for row in sent if row.sent_at), default=None),
                max((row.found_at for row in sent if row.found_at), default=None),
            )
