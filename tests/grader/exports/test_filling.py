"""Our grades in Canvas' own file: its rules hold, and what is not ours stays byte for byte."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from grader.domain.states import Role
from grader.errors import TableUnreadable
from grader.exports.filling import Filler, Filling, Unmatched
from grader.exports.sheet import Choice, sheet
from grader.models import Assignment, Course, Exam, ExamScore, Membership, Override
from tests import factories
from tests.factories import DUE
from tests.grader.exports.canvas_rules import imported

pytestmark = pytest.mark.django_db
NOW = DUE + timedelta(days=30)
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Notes,Homework 1 (48211),Lab (7),Midterm (48212),"
    "Quizzes Current Score,Final Score\r\n"
    ",,,,,,Manual Posting,,,,\r\n"
    "    Points Possible,,,,,,100.00,10.00,60.00,(read only),(read only)\r\n"
    '"Au, Alice",9001,20990001,aaau,COMP4551 L1,=1+1,,8.00,N/A,88.10,A\r\n'
    '"Chan, 嘉儀",9003,20990003,jychan,"COMP4551 L2, L9",,"71.5",9.00,45.00,,\r\n'
    '"Byron, Bob",9004,,,COMP4551 L1,,EX,,-,,\r\n'
    '"Nobody, Ann",9005,20999999,ann,COMP4551 L1,,1.00,,,,\r\n'
    '"Student, Test",9006,,5f3e,COMP4551 L1,,,,,,\r\n'
)
WEIGHTS = [
    {"id": "homework", "title": "Homework", "each": "40", "count": 1},
    {"id": "midterm", "title": "Midterm", "each": "60", "count": 1},
]


@pytest.fixture
def course() -> Course:
    """Alice, 嘉儀 and Bob, with 87.5, 71.50 and nothing; Bob is excused from the midterm."""
    course = factories.course(weights=WEIGHTS)
    homework = factories.assignment(course)
    midterm = Exam.objects.create(
        course=course, slug="midterm", title="Midterm", group="midterm", possible=30
    )
    lect = factories.membership(course, factories.person("Lecturer"), Role.INSTRUCTOR).user
    alice = student(course, "Alice Au", "aaau@ust.example", "20990001")
    chan = student(course, "CHAN 嘉儀", "jychan@ust.example", "20990003")
    bob = student(course, "Bob Byron", "bob@ust.example", "20990004")
    for who, points in ((alice, "87.5"), (chan, "71.5")):
        factories.graded(homework, who, points)
        ExamScore.objects.create(
            exam=midterm, student=who, points=Decimal("22.5"), source="form", author=lect
        )
    Override.objects.create(exam=midterm, student=bob, kind="excused", reason="ill", author=lect)
    return course


def student(course: Course, name: str, email: str, number: str) -> Membership:
    return factories.membership(course, factories.person(name, email=email), student_number=number)


def filled(
    course: Course, content: str, remembered: Any = None, **asked: Any
) -> tuple[Filling, str]:
    filler = Filler(content.encode(), sheet(course, Choice(withdrawn=True), now=NOW, by="Lee"))
    chosen = filler.proposals(remembered or {})
    plan, new = filler.plan(chosen, **{"scale": True, **asked})
    return plan, new.decode()


def test_canvas_own_export_comes_back_with_our_columns_filled(course: Course) -> None:
    plan, new = filled(course, CANVAS)
    assert new == (
        CANVAS.replace("L1,=1+1,,8.00", "L1,=1+1,87.50,8.00").replace("EX,,-,,", "EX,,EX,,")
    )
    assert [(c.line, c.student, c.header, c.old, c.new) for c in plan.changes] == [
        (4, "Alice Au", "Homework 1 (48211)", "", "87.50"),
        (6, "Bob Byron", "Midterm (48212)", "-", "EX"),
    ]
    assert plan.same == 2  # 71.5 is 71.50, and 22.5 of 30 are 45 of 60
    assert plan.mapping == {"Homework 1 (48211)": "hw1", "Midterm (48212)": "midterm"}
    assert plan.untouched == ("Quizzes Current Score", "Final Score")
    assert plan.unmatched == (Unmatched(7, "Nobody, Ann", "not on the roll"),)
    assert plan.absent == ()


def test_what_canvas_only_reads_is_never_filled(course: Course) -> None:
    content = (
        "Student,ID,SIS User ID,SIS Login ID,Section,Homework 1 (1),Midterm (2)\n"
        "    Points Possible,,,,,100,(read only)\n"
        '"Au, Alice",9001,20990001,aaau,L1,,\n'
    )
    filler = Filler(content.encode(), sheet(course, Choice(), now=NOW, by="Lee"))
    plan, new = filler.plan({5: "hw1", 6: "midterm"}, scale=True)
    assert new.decode() == content.replace("L1,,", "L1,87.50,")
    assert (plan.untouched, plan.mapping) == (("Midterm (2)",), {"Homework 1 (1)": "hw1"})


def test_canvas_takes_what_comes_back(course: Course) -> None:
    before = imported(CANVAS.encode(), custom=("Notes",))
    after = imported(filled(course, CANVAS)[1].encode(), custom=("Notes",))
    assert (after.columns, after.students, after.possible) == (
        before.columns, before.students, before.possible,
    )  # fmt: skip
    assert [grades["Homework 1"] for grades in after.grades] == ["87.50", "71.50", "EX", "1.00", ""]
    assert [grades["Midterm"] for grades in after.grades] == ["", "45.00", "EX", "", ""]
    lab = [grades["Lab"] for grades in before.grades]
    assert [grades["Lab"] for grades in after.grades] == lab == ["8.00", "9.00", "", "", ""]


def test_points_of_another_maximum_are_told_and_may_stay(course: Course) -> None:
    plan, new = filled(course, CANVAS)
    note = next(slot.note for slot in plan.slots if slot.choice == "midterm")
    assert note == (
        "its grades are not released here; 30 points here, 60 in the file: points are brought to "
        "that"
    )
    plan, new = filled(course, CANVAS, scale=False)
    assert "9.00,22.50,," in new
    assert "points are written as they are here" in plan.slots[3].note


def test_a_mapping_is_remembered_by_the_columns_name(course: Course) -> None:
    plan, _ = filled(course, CANVAS, {"Lab (7)": "hw1", "Notes": "gone"})
    assert plan.mapping == {"Lab (7)": "hw1", "Midterm (48212)": "midterm"}


def test_semicolons_and_decimal_commas_are_kept(course: Course) -> None:
    content = (
        "Student;ID;SIS Login ID;Section;Homework 1 (1)\n"
        "    Points Possible;;;;100,00\n"
        "Au, Alice;9001;aaau;L1;12,25\nChan, 嘉儀;9003;jychan;L2;71,5\n"
    )
    plan, new = filled(course, content)
    assert new == content.replace("12,25", "87,50")
    assert imported(new.encode()).grades == ({"Homework 1": "87.50"}, {"Homework 1": "71.50"})
    assert plan.same == 1


def test_the_variant_with_two_names_and_no_login(course: Course) -> None:
    content = (
        "\ufeffLastName,FirstName,ID,Section,Homework 1 (1)\r\n"
        "    Points Possible,,,,100\r\nAu,Alice,9001,L1,\r\nChan,嘉儀,9003,L1,\r\n"
    )
    _, new = filled(course, content)
    assert new == content.replace("9001,L1,", "9001,L1,87.50").replace("9003,L1,", "9003,L1,71.50")
    assert len(imported(new.encode()).students) == 2


def test_who_cannot_be_told_apart_stays_and_is_told(course: Course) -> None:
    student(course, "Alice Au", "other@ust.example", "20990009")
    content = (
        "Student,ID,SIS User ID,SIS Login ID,Section,Homework 1 (1)\n"
        '"Au, Alice",1,,,L1,\n'
        '"Chan, 嘉儀",2,20990003,,L1,\n"Chan, 嘉儀",3,20990003,,L1,\n'
        '"Byron, Bob",4,20995555,,L1,\n'
    )
    plan, new = filled(course, content)
    assert new == content
    assert {(row.line, row.why) for row in plan.unmatched} == {
        (2, "2 students have this name"),
        (3, "the same student as another row"),
        (4, "the same student as another row"),
        (5, "the name is on the roll with another number, 20990004"),
    }
    assert sorted(plan.absent) == ["Alice Au", "Alice Au", "Bob Byron", "CHAN 嘉儀"]


def test_a_template_is_filled_by_number_and_keeps_all_else(course: Course) -> None:
    content = 'No.,Student ID,Name,"Mark, final",Remark\n1,20990003,x,,"a ""b"""\n2,123,y,5,\n'
    filler = Filler(content.encode(), sheet(course, Choice(), now=NOW, by="Lee"))
    assert filler.proposals({}) == {}
    plan, new = filler.plan({3: "total"}, scale=True)
    # 71.5 of 100 for 40 %, 22.5 of 30 for 60 %.
    assert new.decode() == content.replace("x,,", "x,73.60,")
    assert [change.new for change in plan.changes] == ["73.60"]


def test_where_nothing_counts_nothing_is_erased(course: Course) -> None:
    content = "Student ID,Homework 1\n20990004,55\n"
    plan, new = filled(course, content)
    assert (new, plan.changes) == (content, ())


def test_a_file_that_says_of_nobody_who_it_is_is_refused(course: Course) -> None:
    with pytest.raises(TableUnreadable, match="No column of the file says who a row is"):
        filled(course, "Seat,Homework 1\n1,2\n")


def test_a_homework_without_content_does_no_harm(course: Course) -> None:
    Assignment.objects.update(version=None)
    plan, _ = filled(course, CANVAS)
    assert plan.mapping["Homework 1 (48211)"] == "hw1"
