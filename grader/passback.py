"""The outbox: which grades are to be sent to platforms. `lti/sending.py` sends them.

What is owed is found by comparing the gradebook with what was last sent, every half minute: so no
way in which a grade can change is forgotten, and none has to know of platforms.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, QuerySet

from grader.domain.passback import Grade, PassbackState, Unsendable, grade_to_send
from grader.models import (
    AuditEntry,
    Course,
    LineItem,
    LtiAccount,
    Membership,
    Passback,
    User,
)
from grader.queries.columns import column_of
from grader.queries.gradebook import gradebook

RESENT = "passback.resend"
_HOLDS = (PassbackState.WAITING, PassbackState.SENT, PassbackState.PARKED)
"""What a grade is compared with; what was withdrawn or superseded says nothing."""
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Owed:
    """One student and one column that are connected: what is to be sent, or why nothing is."""

    item: LineItem
    member: int
    grade: Grade | Unsendable


def owed(course: Course, *, now: datetime) -> Iterator[Owed]:
    """Every student of every connected column of a course; ten queries."""
    items = list(connected(course))
    if not items:
        return
    book = gradebook(course, now=now)
    users = dict(Membership.objects.filter(course=course).values_list("pk", "user_id"))
    known = set(
        LtiAccount.objects.filter(user__memberships__course=course).values_list(
            "platform_id", "user_id"
        )
    )
    for item in items:
        number, column = column_of(book, item)
        platform = item.context.deployment.platform_id
        for row in book.rows:
            grade = grade_to_send(column, row.cells[number], active=row.active)
            if isinstance(grade, Grade) and (platform, users.get(row.member)) not in known:
                yield Owed(item, row.member, Unsendable.UNKNOWN)
            else:
                yield Owed(item, row.member, grade)


def connected(course: Course) -> QuerySet[LineItem]:
    """The columns of platforms that this course's grades go to."""
    rows = LineItem.objects.filter(
        context__course=course,
        gone_at__isnull=True,
        context__deployment__platform__active=True,
    )
    return rows.select_related("context__deployment__platform", "assignment", "exam").order_by("pk")


def note_changes(*, now: datetime) -> int:
    """Queue each grade that is other than what was last sent; how many there are."""
    courses = Course.objects.filter(lti_contexts__line_items__isnull=False).distinct()
    return sum(note_changes_of(course, now=now) for course in courses)


@transaction.atomic
def note_changes_of(course: Course, *, now: datetime) -> int:
    """The same for one course."""
    last = Last(course)
    changed = (
        each
        for each in owed(course, now=now)
        if isinstance(each.grade, Grade) and differs(each.grade, last.row(each))
    )
    return _queue(changed, last, now)


@transaction.atomic
def resend(
    course: Course,
    *,
    actor: User | None,
    now: datetime,
    item: LineItem | None = None,
    student: Membership | None = None,
) -> int:
    """Send everything again, or one column, or one student's grades; what waits goes at once."""
    of = {"line_item": item, "student": student}
    waiting = Passback.objects.filter(
        line_item__context__course=course,
        state=PassbackState.WAITING,
        **{name: value for name, value in of.items() if value is not None},
    )
    hurried: int = waiting.update(next_at=None)
    last = Last(course)
    again = (
        each
        for each in owed(course, now=now)
        if item in {None, each.item} and (student is None or student.pk == each.member)
    )
    count: int = hurried + _queue(again, last, now)
    AuditEntry.objects.create(
        course=course,
        actor=actor,
        action=RESENT,
        subject=f"line item {item.pk}" if item else f"course {course.pk}",
        detail={"student": student and student.pk, "grades": count},
    )
    return count


class Last:
    """Of each student and column, the rows that a new grade is compared with, and the version."""

    def __init__(self, course: Course) -> None:
        """Read them; three queries."""
        rows = Passback.objects.filter(line_item__context__course=course)
        self._rows = _newest(rows.filter(state__in=_HOLDS))
        self._sent = _newest(rows.filter(state=PassbackState.SENT))
        newest = rows.order_by().values_list("line_item", "student").annotate(Max("version"))
        self._versions: dict[tuple[int, int], int] = {
            (item, student): version for item, student, version in newest
        }

    def row(self, each: Owed) -> Passback | None:
        """The newest that was sent, waits or is parked."""
        return self._rows.get((each.item.pk, each.member))

    def sent(self, each: Owed) -> Passback | None:
        """The newest that the platform took."""
        return self._sent.get((each.item.pk, each.member))

    def version(self, each: Owed) -> int:
        """The newest of all; 0 without one."""
        return self._versions.get((each.item.pk, each.member), 0)


def _newest(rows: QuerySet[Passback]) -> dict[tuple[int, int], Passback]:
    newer = rows.filter(
        line_item=OuterRef("line_item"),
        student=OuterRef("student"),
        version__gt=OuterRef("version"),
    )
    return {(row.line_item_id, row.student_id): row for row in rows.filter(~Exists(newer))}


def differs(grade: Grade, last: Passback | None) -> bool:
    """Whether a grade is to be queued. What waits is sent with the grade as it then is."""
    if last is None:
        return True
    same = (grade.points, grade.possible, grade.comment) == (
        last.points,
        last.possible,
        last.comment,
    )
    return last.state != PassbackState.WAITING and not same


def _queue(each_owed: Iterable[Owed], last: Last, now: datetime) -> int:
    """Write a row for each that has a grade and does not wait; how many."""
    new: list[Passback] = []
    parked: list[int] = []
    for each in each_owed:
        row, grade = last.row(each), each.grade
        if not isinstance(grade, Grade) or (row and row.state == PassbackState.WAITING):
            continue
        if row and row.state == PassbackState.PARKED:
            parked.append(row.pk)
        new.append(
            Passback(
                line_item=each.item,
                student_id=each.member,
                version=last.version(each) + 1,
                created_at=now,
                points=grade.points,
                possible=grade.possible,
                comment=grade.comment,
                submission_id=grade.submission_id,
            )
        )
    for start in range(0, len(parked), _AT_ONCE):
        Passback.objects.filter(pk__in=parked[start : start + _AT_ONCE]).update(
            state=PassbackState.SUPERSEDED
        )
    # One that somebody else wrote at this moment stays: it waits, and will be sent as this would.
    Passback.objects.bulk_create(new, ignore_conflicts=True, batch_size=_AT_ONCE)
    return len(new)
