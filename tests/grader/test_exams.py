"""Points in exams: what a table would do, every reason against it, and what is then on record."""

from __future__ import annotations

from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from grader.csv_reading import read_table
from grader.domain.states import Role
from grader.errors import TableUnreadable
from grader.exams import (
    MOST_ROWS,
    Plan,
    current_points,
    enter,
    plan_of_form,
    plan_of_table,
    read_points,
)
from grader.models import AuditEntry, Course, Exam, ExamScore, Membership, User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def course() -> Course:
    """The course."""
    return factories.course()


@pytest.fixture
def exam(course: Course) -> Exam:
    """An exam of 80 points."""
    return Exam.objects.create(
        course=course, slug="midterm", title="Midterm", group="midterm", possible=Decimal(80)
    )


@pytest.fixture
def lect(course: Course) -> User:
    """Who enters points."""
    person = factories.person("Lect")
    factories.membership(course, person, Role.INSTRUCTOR, student_number="9")
    return person


@pytest.fixture
def class_(course: Course) -> dict[str, Membership]:
    """Two students, one who has withdrawn, and two with one number."""
    numbers = {"Ada": "2101", "Bob": "2102", "Gone": "2103", "Una": "77", "Ugo": "77"}
    return {
        name: factories.membership(
            course, factories.person(name), student_number=number, active=name != "Gone"
        )
        for name, number in numbers.items()
    }


def planned(exam: Exam, text: str, **options: Any) -> Plan:
    """What a file would do."""
    return plan_of_table(exam, read_table(text.encode(), most_rows=MOST_ROWS), **options)


def told(plan: Plan) -> list[tuple[str, str, str]]:
    """The changes in words."""
    return [(one.name, str(one.before), str(one.after)) for one in plan.changes]


def test_a_table_is_planned_entered_and_on_record(
    exam: Exam, class_: dict[str, Membership], lect: User
) -> None:
    """By number or address; then the same file does nothing, and another value is seen."""
    text = "Number;Points\n2101;70.5\nBOB@example.edu;0\nuna@example.edu;\n"
    plan = planned(exam, text)
    assert told(plan) == [("Ada", "None", "70.50"), ("Bob", "None", "0.00")]
    assert (plan.same, plan.blank, ExamScore.objects.count()) == (0, 1, 0)
    enter(exam, lambda: planned(exam, text), source="csv", author=lect)
    ada, bob = class_["Ada"], class_["Bob"]
    assert current_points(exam) == {ada.pk: Decimal("70.5"), bob.pk: 0}
    again = planned(exam, text)
    assert (again.changes, again.same) == ((), 2)
    other = planned(exam, "number,points\n2101,71\n2102,0.00\n")
    assert told(other) == [("Ada", "70.50", "71.00")]
    assert other.replaced == other.changes
    entry = AuditEntry.objects.earliest("pk")
    assert (entry.actor, entry.action, entry.subject) == (
        lect,
        "exam.points_entered",
        f"exam {exam.pk}",
    )
    assert entry.detail == {"student": ada.pk, "before": None, "after": "70.50", "source": "csv"}


def test_who_was_absent_keeps_points_until_somebody_says_so(
    exam: Exam, class_: dict[str, Membership], lect: User
) -> None:
    """Taken back is a row, and no row is gone."""
    enter(exam, lambda: planned(exam, "number,points\n2101,70\n"), source="csv", author=lect)
    text = "number,points\n2101,absent\n2102,-\n"
    assert (told(planned(exam, text)), planned(exam, text).kept) == ([], ("Ada (70.00)",))
    back = enter(exam, lambda: planned(exam, text, take_back=True), source="csv", author=lect)
    assert told(back) == [("Ada", "70.00", "None")]
    assert (current_points(exam), ExamScore.objects.count()) == ({}, 2)
    assert AuditEntry.objects.latest("pk").action == "exam.points_taken_back"


def test_every_fault_of_a_table_at_once(exam: Exam, class_: dict[str, Membership]) -> None:
    """By line; and a table with one can do nothing."""
    rows = ["2101,81", "2101,5", "9999,5", "2103,5", "77,5", "9,5", ",5", "2102,ten"]
    helper = factories.membership(exam.course, role=Role.TA, student_number="9")
    with pytest.raises(TableUnreadable) as caught:
        planned(exam, "number,points\n" + "\n".join(rows))
    assert caught.value.faults == (
        "Line 2: 81 is more than the 80 points of this exam.",
        "Line 3: Ada (2101) stands in line 2 already.",
        "Line 4: nobody in this course has the number or address 9999.",
        "Line 5: Gone (2103) has withdrawn.",
        "Line 6: several people have the number 77: use an address.",
        f"Line 7: {helper.user.name} is not a student of this course.",
        "Line 8: no student is named. Write a student number or an address.",
        "Line 9: “ten” is no number of points.",
    )


@pytest.mark.parametrize("header", ["points,name", "number,total"])
def test_columns_that_are_not_there(exam: Exam, header: str) -> None:
    """Which one, and what there is."""
    with pytest.raises(TableUnreadable, match=header.partition(",")[2]):
        planned(exam, f"{header}\n1,2\n")


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("70,5", "70,5 has a decimal comma: write 70.5."),
        ("-1", "-1 is below 0."),
        ("80.01", "80.01 is more than the 80 points"),
        ("1.005", "1.005 has more than two places"),
        ("NaN", "“NaN” is no number of points."),
        ("1e1", "“1e1” is no number of points."),
        ("٣", "“٣” is no number of points."),
        ("=1+1", "“=1\\+1” is no number of points."),
    ],
)
def test_what_is_no_number_of_points(written: str, why: str) -> None:
    """Each with what to do."""
    with pytest.raises(ValueError, match=why):
        read_points(written, Decimal(80))


@pytest.mark.parametrize(("written", "points"), [(" 80 ", 80), ("7.50", "7.5"), (".5", "0.5")])
def test_numbers_of_points(written: str, points: Any) -> None:
    """As people write them."""
    assert read_points(written, Decimal(80)) == Decimal(points)


def test_fields_of_a_form(exam: Exam, class_: dict[str, Membership], lect: User) -> None:
    """One that was emptied takes back; one that cannot be read is told."""
    ada, bob = class_["Ada"], class_["Bob"]
    enter(exam, lambda: plan_of_form(exam, {ada: "5"})[0], source="form", author=lect)
    plan, sentences = plan_of_form(exam, {ada: "", bob: "6,5"})
    assert told(plan) == [("Ada", "5.00", "None")]
    assert sentences == {bob.pk: "6,5 has a decimal comma: write 6.5."}


def command(*words: str) -> list[str]:
    """What the command says."""
    said = StringIO()
    call_command("exam_scores", *words, stdout=said)
    return said.getvalue().splitlines()


def test_the_command(exam: Exam, class_: dict[str, Membership], lect: User, tmp_path: Path) -> None:
    """It says what it would do; applied, by whom."""
    file = tmp_path / "points.csv"
    file.write_text("number,points\n2101,70\n2102,\n")
    words = ("comp4551", "midterm", str(file))
    assert command(*words) == [
        "Ada 2101: none -> 70.00",
        "1 to enter (--apply --by EMAIL), 0 of them in place of other points; 0 the same, 1 empty",
    ]
    for by in ([], ["--by", "ada@example.edu"]):
        with pytest.raises(CommandError, match="which instructor"):
            command(*words, "--apply", *by)
    assert not ExamScore.objects.exists()
    assert command(*words, "--apply", "--by", lect.email)[-1].startswith("1 entered")
    assert current_points(exam) == {class_["Ada"].pk: 70}
    with pytest.raises(CommandError, match=r"no exam 'final'\. Known: midterm"):
        command("comp4551", "final", str(file))
    file.write_text("number,points\n1,2\n")
    with pytest.raises(CommandError, match="Line 2: nobody"):
        command(*words)
    with pytest.raises(CommandError, match="cannot be read"):
        command("comp4551", "midterm", str(tmp_path / "none.csv"))
