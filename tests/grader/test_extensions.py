"""Extensions by form and file: what would be granted, every reason against it, told before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from grader.csv_reading import read_table
from grader.domain.lateness import LatePolicy
from grader.drafts import fingerprint
from grader.effects import look
from grader.errors import DraftOutdated, RuleRefused, TableUnreadable
from grader.extensions import (
    MOST_ROWS,
    For,
    Plan,
    effects_of,
    effects_of_revoking,
    grant,
    plan_of_form,
    plan_of_table,
    revoke_as_seen,
)
from grader.models import (
    Assignment,
    AuditEntry,
    Course,
    Extension,
    GradeEntry,
    Membership,
    Submission,
    User,
)
from tests import factories
from tests.factories import DUE

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def course() -> Course:
    """The course; a day late costs a fifth."""
    return factories.course(late_policy=LatePolicy(rate=Decimal("0.2")))


@pytest.fixture
def homeworks(course: Course) -> list[Assignment]:
    """Two of them, due at the same time."""
    return [factories.assignment(course, f"hw{n}", position=n) for n in (1, 2)]


@pytest.fixture
def tutor(course: Course) -> User:
    """Who grants."""
    return factories.person("Tutor")


def student(course: Course, name: str, number: str, **fields: Any) -> Membership:
    """A student who has handed in everything a bit late."""
    member = factories.membership(course, factories.person(name), student_number=number, **fields)
    for homework in course.assignments.all():
        factories.graded(homework, member, 50, DUE + HOUR)
    return member


def finals() -> dict[tuple[str, str], Decimal]:
    """The gradebook, by name and homework."""
    rows = GradeEntry.objects.values_list("student__user__name", "assignment__slug", "score__final")
    return {(name, homework): final for name, homework, final in rows}


def test_several_homeworks_for_a_section(
    course: Course, homeworks: list[Assignment], tutor: User
) -> None:
    """Granted as it was looked at, each on record; another look is asked for when grades moved."""
    lab = factories.section(course)
    ada, bob = student(course, "Ada", "1", section=lab), student(course, "Bob", "2")

    def planned() -> Plan:
        return plan_of_form(For(section=lab), homeworks, until=None, days=2, reason="no power")

    plan = planned()
    assert {(one.who, one.due_at) for one in plan.granted} == {("section L1", DUE + 2 * DAY)}
    seen = effects_of(plan.granted)
    assert [(one.up, one.down, one.mean) for one in seen] == [(1, 0, Decimal(5))] * 2
    factories.graded(homeworks[0], ada, 60, DUE + HOUR)
    with pytest.raises(DraftOutdated):
        grant(planned, seen=fingerprint(plan), author=tutor)
    assert not Extension.objects.exists()
    grant(planned, seen=fingerprint(planned()), author=tutor)
    assert finals() == {
        ("Ada", "hw1"): 60,
        ("Ada", "hw2"): 50,
        ("Bob", "hw1"): 40,
        ("Bob", "hw2"): 40,
    }
    assert AuditEntry.objects.filter(action="extension.granted", actor=tutor).count() == 2
    with pytest.raises(RuleRefused, match=r"section L1 may hand in until 2026-03-12 23:59 already"):
        planned()
    assert bob.pk


def test_what_revoking_takes_back_is_told(
    course: Course, homeworks: list[Assignment], tutor: User
) -> None:
    """And refused where it is something else by then."""
    ada = student(course, "Ada", "1")
    noon = datetime.fromisoformat("2026-03-12T12:00")
    plan = plan_of_form(For(ada), homeworks[:1], until=noon, days=None, reason="ill")
    grant(lambda: plan, seen=fingerprint(plan), author=tutor)
    row = Extension.objects.get()
    assert row.due_at == datetime(2026, 3, 12, 4, tzinfo=UTC)
    seen = effects_of_revoking(row)
    assert (seen.up, seen.down) == (0, 1)
    with pytest.raises(DraftOutdated):
        revoke_as_seen(row, seen="", author=tutor, now=DUE)
    assert revoke_as_seen(row, seen=look([seen]), author=tutor, now=DUE)
    assert finals()["Ada", "hw1"] == 40
    assert AuditEntry.objects.latest("pk").action == "extension.revoked"


def table(course: Course, text: str) -> Plan:
    """What a file would grant."""
    return plan_of_table(course, read_table(text.encode(), most_rows=MOST_ROWS))


def test_a_file(course: Course, homeworks: list[Assignment], tutor: User) -> None:
    """By number or address, until a time or for days; what gives nothing more is counted."""
    ada, bob = student(course, "Ada", "1"), student(course, "Bob", "2")
    text = (
        "number,homework,until,days,reason\n"
        "1,hw1,2026-03-11 12:00,,ill\n1,HW2,2026-03-12,,ill\nbob@example.edu,hw1,,1,travel\n"
        "2,hw2,2026-03-01 10:00,,too early\n"
    )
    plan = table(course, text)
    assert [(one.student, one.homework, one.due_at) for one in plan.granted] == [
        (ada.pk, "Homework 1", datetime(2026, 3, 11, 4, tzinfo=UTC)),
        (ada.pk, "Homework 2", DUE + 2 * DAY),
        (bob.pk, "Homework 1", DUE + DAY),
    ]
    assert plan.same == 1
    grant(lambda: table(course, text), seen=fingerprint(plan), author=tutor)
    assert (table(course, text).granted, table(course, text).same) == ((), 4)


def test_every_fault_of_a_file(course: Course, homeworks: list[Assignment]) -> None:
    """By line."""
    student(course, "Ada", "1")
    rows = [
        "9,hw1,,1,x",
        "1,hw9,,1,x",
        "1,hw1,,,x",
        "1,hw1,2026-03-12,1,x",
        "1,hw1,soon,,x",
        "1,hw1,,0,x",
        "1,hw1,,1,",
        "1,hw1,,1,x",
        "1,hw1,,2,x",
    ]
    with pytest.raises(TableUnreadable) as caught:
        table(course, "number,homework,until,days,reason\n" + "\n".join(rows))
    assert [fault.partition(": ")[2][:34] for fault in caught.value.faults] == [
        "nobody in this course has the numb",
        "there is no homework “hw9”. Known:",
        "write either until when, or for ho",
        "write either until when, or for ho",
        "“soon” is no time: write one such ",
        "“0” is no number of days from 1 to",
        "write a reason: it is kept with th",
        "Ada has line 9 for it already.",
    ]
    for header, what in (("number,homework,reason", "until when"), ("number,days", "homework")):
        with pytest.raises(TableUnreadable, match=what):
            table(course, f"{header}\n")


@pytest.mark.parametrize(
    ("days", "due"),
    [
        (1, datetime(2026, 3, 29, 21, 30, tzinfo=UTC)),
        (2, datetime(2026, 3, 30, 21, 30, tzinfo=UTC)),
    ],
)
def test_days_are_days_on_the_wall(days: int, due: datetime) -> None:
    """Also where the clocks are set in between: half past eleven stays half past eleven."""
    berlin = factories.course(timezone="Europe/Berlin")
    before = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)
    homework = factories.assignment(berlin, due_at=before)
    ada = factories.membership(berlin)
    plan = plan_of_form(For(ada), [homework], until=None, days=days, reason="x")
    assert plan.granted[0].due_at == due
    assert not Submission.objects.exists()
