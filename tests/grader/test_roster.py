"""A list becomes the roster: what it would do is told first, then all of it is done or nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError

from grader import roster
from grader.domain.roster import Change, Conflict, Listed, Plan
from grader.domain.states import Role
from grader.errors import TableUnreadable
from grader.models import AuditEntry, Course, Membership, Score, Section, Submission, User
from grader.pipeline.extend import extend
from tests import factories
from tests.factories import DUE

pytestmark = pytest.mark.django_db
FIELDS = ("user__name", "role", "section__name", "student_number", "active")


@pytest.fixture
def course() -> Course:
    return factories.course()


@pytest.fixture
def lecturer(course: Course) -> User:
    return factories.membership(course, factories.person("Lecturer"), Role.INSTRUCTOR).user


def student(course: Course, name: str, number: str = "", **fields: Any) -> Membership:
    return factories.membership(course, factories.person(name), student_number=number, **fields)


def listed(name: str, number: str = "", section: str = "", **fields: Any) -> Listed:
    email = fields.pop("email", "") or f"{name.split(maxsplit=1)[0].lower()}@example.edu"
    return Listed(email, name, number, section, **fields)


def people(course: Course) -> list[tuple[Any, ...]]:
    rows = Membership.objects.filter(course=course).order_by("user__name")
    return list(rows.values_list(*FIELDS))


def take(course: Course, wanted: list[Listed], **options: Any) -> tuple[Plan, roster.Done]:
    """Preview a list and apply it."""
    plan = roster.preview(course, wanted)
    return plan, roster.apply(course, plan, **{"actor": None, "source": "term.csv", **options})


def names(entries: Any) -> list[str]:
    return [each.name for each in entries]


def test_each_group_is_told_and_nothing_is_written(course: Course) -> None:
    l1 = factories.section(course, "L1")
    student(course, "Same", "1", section=l1)
    student(course, "Moved", "2", section=l1)
    student(course, "Back", "3", active=False)
    student(course, "Missing", "4", section=l1)
    student(course, "Long gone", "5", active=False)
    factories.person("Account")
    before = people(course)

    plan = roster.preview(
        course,
        [
            listed("Same", "1", "L1"),
            listed("Moved", "2", "L2"),
            listed("Back", "3"),
            listed("Account", "6", "L1"),
            listed("Nobody yet", "7", "L2", role=Role.TA),
        ],
    )
    assert names(plan.new) == ["Account", "Nobody yet"]
    assert [each.user is None for each in plan.new] == [False, True]
    assert names(plan.back) == ["Back"]
    assert [each.changes for each in plan.changed] == [(Change("section", "L1", "L2"),)]
    assert names(plan.missing) == ["Missing"]
    assert (plan.unchanged, plan.sections, plan.conflicts) == (1, ("L2",), ())
    assert people(course) == before


def test_it_is_done_in_one_go_and_written_down(course: Course, lecturer: User) -> None:
    student(course, "Moved", "2", section=factories.section(course, "L1"))
    student(course, "Back", "3", active=False)
    student(course, "Missing", "4")
    wanted = [listed("Moved", "2", "L2"), listed("Back", "3"), listed("Nobody yet", "7", "L2")]

    plan = roster.preview(course, wanted)
    done = roster.apply(course, plan, actor=lecturer, source="term.csv", withdraw_missing=True)

    assert done == roster.Done(new=1, back=1, changed=1, withdrawn=1)
    assert people(course) == [
        ("Back", "student", None, "3", True),
        ("Lecturer", "instructor", None, "", True),
        ("Missing", "student", None, "4", False),
        ("Moved", "student", "L2", "2", True),
        ("Nobody yet", "student", "L2", "7", True),
    ]
    assert not User.objects.get(email="nobody@example.edu").has_usable_password()
    entries = AuditEntry.objects.order_by("pk")
    assert {entry.actor for entry in entries} == {lecturer}
    assert [entry.detail["changes"] for entry in entries.filter(action="membership.set")] == [
        [],
        [["section", "L1", "L2"]],
        [["state", "withdrawn", "active"]],
        [["state", "active", "withdrawn"]],
    ]
    assert entries.get(action="roster.imported").detail == {
        "source": "term.csv",
        "new": 1,
        "back": 1,
        "changed": 1,
        "withdrawn": 1,
        "left_as_they_are": 0,
    }
    again = roster.preview(course, wanted)
    assert again == Plan(unchanged=3)


def test_who_is_missing_stays_unless_it_is_said(course: Course, lecturer: User) -> None:
    missing = student(course, "Missing", "4")
    take(course, [listed("Ada")])
    missing.refresh_from_db()
    assert missing.active


def test_who_is_withdrawn_keeps_all_work(course: Course, lecturer: User) -> None:
    homework, missing = factories.assignment(course), student(course, "Missing")
    kept = factories.graded(homework, missing, "90").pk
    take(course, [listed("Ada")], withdraw_missing=True)
    missing.refresh_from_db()
    assert (missing.active, Score.objects.get().pk) == (False, kept)
    assert Submission.objects.filter(student=missing).exists()


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (
            listed("Eve", "2"),
            (
                "The student number 2 is that of Ben (ben@example.edu) in this course. Correct one "
                "of the two."
            ),
        ),
        (
            listed("Ada", "2"),
            (
                "The student number 2 is that of Ben (ben@example.edu) in this course. Correct one "
                "of the two."
            ),
        ),
        (
            listed("Zoe", "1", email="ada@example.edu"),
            "This address is known as Ada (ada@example.edu): another person?",
        ),
        (
            listed("Lecturer"),
            (
                "Is an instructor of this course, and the list says student. Staff are changed on "
                "their own page."
            ),
        ),
        (listed("", email="new@example.edu"), "Has no account yet, and the list has no name."),
        (
            listed("Alice Au", email="aaau", guessed=True),
            "The account “aaau” is no address yet: say at which host the accounts are.",
        ),
    ],
)
def test_conflicts_are_left_as_they_are(
    course: Course, lecturer: User, one: Listed, why: str
) -> None:
    student(course, "Ada", "1")
    student(course, "Ben", "2")
    before = people(course)
    plan = roster.preview(course, [one])
    assert plan.conflicts == (Conflict(one.name or one.email, one.name, one.email, why),)
    roster.apply(course, plan, actor=lecturer, source="term.csv")
    assert people(course) == before
    assert [name for name in names(plan.missing) if f"{name} (" in why] == []


def test_another_name_is_taken_where_it_is_said_to_be_the_same_person(course: Course) -> None:
    student(course, "Ada", "1")
    plan = roster.preview(course, [listed("Zoe", "1", email="ada@example.edu")], same_people=True)
    assert plan.changed[0].changes == (Change("name", "Ada", "Zoe"),)


def test_a_list_that_says_no_role_leaves_staff_what_they_are(
    course: Course, lecturer: User
) -> None:
    plan = roster.preview(course, [listed("Lecturer", role=None), listed("New", role=None)])
    assert (plan.unchanged, plan.new[0].role) == (1, Role.STUDENT)


def test_who_is_in_other_courses_keeps_the_name(course: Course, lecturer: User) -> None:
    ada = student(course, "Ada")
    wanted = [listed("Ada Byron")]
    assert roster.preview(course, wanted).changed[0].changes == (
        Change("name", "Ada", "Ada Byron"),
    )
    factories.membership(factories.course("comp1001"), ada.user)
    assert roster.preview(course, wanted).unchanged == 1


def test_canvas_finds_people_by_number_before_the_address(course: Course) -> None:
    student(course, "Ada Byron", "1")
    canvas = Listed("byron@ust.hk", "Byron Ada", "1", guessed=True)
    assert roster.preview(course, [canvas]).unchanged == 1


def test_nobody_is_missing_from_a_list_that_does_not_say_who_is_on_it(course: Course) -> None:
    """Any of them may be the account of which the list gives only the name."""
    student(course, "Ada", "1")
    student(course, "Ben")
    known = Listed("ada", "Ada", "1", guessed=True)
    assert names(roster.preview(course, [known]).missing) == ["Ben"]
    unclear = roster.preview(course, [known, Listed("ben", "Ben", "2", guessed=True)])
    assert (unclear.missing, unclear.unclear, len(unclear.conflicts)) == ((), True, 1)
    clear = roster.preview(course, [known, Listed("ben@example.edu", "Ben", "2", guessed=True)])
    assert (names(clear.changed), clear.missing, clear.unclear) == (["Ben"], (), False)


def test_a_list_with_somebody_twice_is_refused(course: Course) -> None:
    with pytest.raises(TableUnreadable, match="is there 2 times: Ada, Ben"):
        roster.preview(course, [listed("Ada", "1"), listed("Ben", "1")])


def test_what_fails_in_the_middle_leaves_nothing(course: Course) -> None:
    student(course, "Moved", section=factories.section(course, "L1"))
    plan = roster.preview(course, [listed("Moved", "2", "L2"), listed("New")])
    before = (people(course), User.objects.count(), Section.objects.count())
    broken = replace(plan, new=plan.new * 2)  # the same person twice, which the table refuses
    with pytest.raises(IntegrityError):
        roster.apply(course, broken, actor=None, source="term.csv")
    assert (people(course), User.objects.count(), Section.objects.count()) == before


def test_another_section_brings_its_deadline(course: Course, lecturer: User) -> None:
    homework, late = factories.assignment(course), factories.section(course, "L2")
    ada = student(course, "Ada")
    factories.graded(homework, ada, "90", DUE + timedelta(hours=1))
    extend(homework, DUE + timedelta(days=1), reason="flood", author=lecturer, section=late)
    assert Score.objects.latest("pk").late_days == 1
    take(course, [listed("Ada", "", "L2")])
    assert Score.objects.latest("pk").late_days == 0


def test_a_thousand_students_are_brought_in_by_few_queries(
    course: Course, django_assert_max_num_queries: Any
) -> None:
    wanted = [listed(f"P{n} x", str(n), f"L{n % 4}") for n in range(1000)]
    with django_assert_max_num_queries(60):  # SQLite takes a few hundred rows at a time
        plan, done = take(course, wanted)
    assert (done.new, len(plan.sections)) == (1000, 4)
    with django_assert_max_num_queries(3):
        assert roster.preview(course, wanted).unchanged == 1000


# --- manage.py roster -----------------------------------------------------------------------------


def command(course: Course, file: Path, *words: str) -> list[str]:
    said = StringIO()
    call_command("roster", course.slug, str(file), *words, stdout=said)
    return said.getvalue().splitlines()


def test_the_command_tells_first_and_then_does(course: Course, tmp_path: Path) -> None:
    student(course, "Ada", "1")
    student(course, "Missing", "4")
    file = tmp_path / "term.csv"
    file.write_text("name,email,number,section,age\nAda,ada@example.edu,2,,9\nBen,b@b.edu,3,L1,9\n")
    told = [
        "Columns that are not read: age",
        "new section L1",
        "new: Ben (b@b.edu): student L1 3",
        "changed: Ada (ada@example.edu): student number 1 -> 2",
    ]
    assert command(course, file) == [
        *told,
        "missing: Missing (missing@example.edu): student 4",
        "1 new, 0 back, 1 changed, 0 unchanged, 1 missing, 0 left as they are",
        "Nothing was written; --apply does it.",
    ]
    assert Membership.objects.count() == 2
    assert command(course, file, "--apply", "--withdraw-missing") == [
        *told,
        "withdrawn: Missing (missing@example.edu): student 4",
        "1 new, 0 back, 1 changed, 0 unchanged, 1 withdrawn, 0 left as they are",
        "Done.",
    ]
    assert people(course) == [
        ("Ada", "student", None, "2", True),
        ("Ben", "student", "L1", "3", True),
        ("Missing", "student", None, "4", False),
    ]


def test_the_command_tells_all_faults_and_writes_nothing(course: Course, tmp_path: Path) -> None:
    file = tmp_path / "term.csv"
    file.write_bytes("name,email\n陳大文,a@b.edu\n".encode("big5"))
    with pytest.raises(CommandError, match="Line 2 is not written in UTF-8"):
        command(course, file, "--apply")
    file.write_text("name,email\nAda,a\nBen,b\nCy,c@b.edu\n")
    with pytest.raises(CommandError) as refused:
        command(course, file, "--apply")
    assert str(refused.value).splitlines() == [
        "Line 2: “a” is no e-mail address.",
        "Line 3: “b” is no e-mail address.",
    ]
    with pytest.raises(CommandError, match="No such file"):
        command(course, tmp_path / "nothing.csv")
    assert not User.objects.exists()
