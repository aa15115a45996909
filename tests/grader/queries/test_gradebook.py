"""The gradebook: every state of a cell, what a student may know, constant queries."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from grader.domain.gradebook import Cell, CellState, Total
from grader.domain.overrides import OverrideKind
from grader.domain.states import JobState, Role
from grader.domain.visibility import Audience
from grader.models import Assignment, Course, Exam, ExamScore, Extension, Membership, Override, User
from grader.queries.gradebook import gradebook
from tests import factories
from tests.factories import DUE, ON_TIME, OPENS

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FULL = Decimal(100)
WEIGHTS = [
    {"id": "homework", "title": "Homework", "each": "20", "count": 2},
    {"id": "midterm", "title": "Midterm", "each": "60", "count": 1},
]


@pytest.fixture
def course() -> Course:
    return factories.course(weights=WEIGHTS)


@pytest.fixture
def homework(course: Course) -> Assignment:
    return factories.assignment(course)


@pytest.fixture
def midterm(course: Course) -> Exam:
    return Exam.objects.create(
        course=course, slug="midterm", title="Midterm", group="midterm", possible=60
    )


@pytest.fixture
def ada(course: Course) -> Membership:
    return factories.membership(course, factories.person("Ada"))


@pytest.fixture
def lecturer(course: Course) -> User:
    return factories.membership(course, factories.person("Lee"), Role.INSTRUCTOR).user


def cell(course: Course, now: Any = ON_TIME, **asked: Any) -> Cell:
    """The first cell of the first student."""
    return gradebook(course, now=now, **asked).rows[0].cells[0]


def decide(where: Assignment | Exam, student: Membership, author: User, **decision: Any) -> None:
    column = {"exam": where} if isinstance(where, Exam) else {"assignment": where}
    Override.objects.create(**column, student=student, author=author, reason="Ill.", **decision)


def enter(exam: Exam, student: Membership, author: User, points: Any) -> None:
    ExamScore.objects.create(
        exam=exam, student=student, author=author, points=points, source="form"
    )


def test_a_late_score_says_what_it_is_made_of(
    course: Course, homework: Assignment, ada: Membership
) -> None:
    score = factories.graded(homework, ada, "87.5", DUE + DAY + HOUR)
    assert cell(course) == Cell(
        CellState.SCORED,
        raw=Decimal("87.50"),
        late_days=2,
        slip_days=0,
        penalty=Decimal("35.00"),
        computed=Decimal("52.50"),
        final=Decimal("52.50"),
        possible=FULL,
        submission_id=score.submission_id,
        decided=True,
    )


def test_missing_is_decided_when_the_deadline_is_past(
    course: Course, homework: Assignment, ada: Membership
) -> None:
    last = DUE + timedelta(seconds=59)
    assert cell(course, last) == Cell(CellState.MISSING, possible=FULL)
    assert cell(course, last + timedelta(seconds=1)).decided


def test_who_has_more_time_is_not_missing_yet(
    course: Course, homework: Assignment, ada: Membership, lecturer: User
) -> None:
    given = {"assignment": homework, "due_at": DUE + DAY, "author": lecturer, "reason": "Ill."}
    extension = Extension.objects.create(**given, student=ada)
    assert cell(course, DUE + HOUR) == Cell(CellState.MISSING, possible=FULL, extension=True)
    extension.revoked_at = DUE
    extension.save()
    mate = factories.membership(course, section=factories.section(course))
    Extension.objects.create(**given, section=mate.section)
    book = gradebook(course, now=DUE + HOUR)
    assert {row.member: row.cells[0].decided for row in book.rows} == {ada.pk: True, mate.pk: False}


@pytest.mark.parametrize(
    ("state", "fields", "shown", "decided"),
    [
        (JobState.QUEUED, {}, CellState.GRADING, False),
        (JobState.SUPERSEDED, {}, CellState.GRADING, False),
        (JobState.REJECTED, {"verdict": "rejected"}, CellState.REJECTED, True),
        (JobState.FAULT, {}, CellState.FAULT, False),
    ],
)
def test_an_upload_without_a_score(
    course: Course,
    homework: Assignment,
    ada: Membership,
    state: JobState,
    fields: Any,
    shown: CellState,
    decided: bool,
) -> None:
    older = factories.submission(homework, ada, ON_TIME - HOUR)
    factories.job(older, JobState.FAULT)
    newer = factories.submission(homework, ada)
    factories.job(newer, state, **fields)
    assert cell(course, DUE + DAY) == Cell(
        shown, possible=FULL, submission_id=newer.pk, decided=decided
    )


def test_an_older_upload_that_waits_is_being_graded(
    course: Course, homework: Assignment, ada: Membership
) -> None:
    factories.job(factories.submission(homework, ada, ON_TIME - HOUR))
    factories.job(factories.submission(homework, ada), JobState.REJECTED, verdict="rejected")
    assert cell(course).state == CellState.GRADING


def test_a_newer_upload_may_change_the_score(
    course: Course, homework: Assignment, ada: Membership
) -> None:
    factories.graded(homework, ada, "50", ON_TIME - HOUR)
    assert not cell(course).newer_waits
    factories.job(factories.submission(homework, ada))
    assert (cell(course).final, cell(course).newer_waits) == (Decimal(50), True)


def test_a_shadow_is_no_grading(course: Course, homework: Assignment, ada: Membership) -> None:
    score = factories.graded(homework, ada, "50")
    factories.job(score.submission, shadow=True)
    assert not cell(course).newer_waits


def test_not_open_without_content_or_before_its_day(course: Course, ada: Membership) -> None:
    factories.assignment(course, "hw1", folder=None)
    factories.assignment(course, "hw2")
    book = gradebook(course, now=OPENS - HOUR)
    assert book.rows[0].cells == (
        Cell(CellState.NOT_OPEN),
        Cell(CellState.NOT_OPEN, possible=FULL),
    )


def test_the_newest_entry_of_an_exam_counts(
    course: Course, midterm: Exam, ada: Membership, lecturer: User
) -> None:
    assert cell(course) == Cell(CellState.NOT_GRADED, possible=Decimal(60))
    enter(midterm, ada, lecturer, 20)
    enter(midterm, ada, lecturer, "45.50")
    points = Decimal("45.50")
    assert cell(course) == Cell(
        CellState.SCORED,
        raw=points,
        computed=points,
        final=points,
        possible=Decimal(60),
        decided=True,
    )
    enter(midterm, ada, lecturer, None)
    assert cell(course).state == CellState.NOT_GRADED


def test_the_newest_override_holds(
    course: Course, homework: Assignment, ada: Membership, lecturer: User
) -> None:
    decide(homework, ada, lecturer, kind=OverrideKind.POINTS, points=70)
    assert cell(course) == Cell(
        CellState.SCORED, final=Decimal(70), possible=FULL, overridden=True, decided=True
    )
    decide(homework, ada, lecturer, kind=OverrideKind.EXCUSED)
    assert cell(course, DUE + DAY) == Cell(CellState.EXCUSED, possible=FULL)
    decide(homework, ada, lecturer, kind=OverrideKind.LIFTED)
    assert cell(course).state == CellState.MISSING


def test_the_total_goes_by_the_course_s_weights(
    course: Course, homework: Assignment, midterm: Exam, ada: Membership, lecturer: User
) -> None:
    factories.graded(homework, ada, "80")
    enter(midterm, ada, lecturer, 45)
    row = gradebook(course, now=ON_TIME).rows[0]
    assert row.total == Total(Decimal("61.00"), Decimal("76.25"), Decimal("80.00"))


def test_a_student_knows_homework_at_once_and_the_rest_when_it_is_released(
    course: Course, homework: Assignment, midterm: Exam, ada: Membership, lecturer: User
) -> None:
    factories.graded(homework, ada, "80")
    decide(homework, ada, lecturer, kind=OverrideKind.POINTS, points=99)
    enter(midterm, ada, lecturer, 45)
    decide(midterm, ada, lecturer, kind=OverrideKind.EXCUSED)
    asked: Any = {"now": ON_TIME, "student": ada, "audience": Audience.STUDENT}
    row = gradebook(course, **asked).rows[0]
    assert (row.cells[0].final, row.cells[0].overridden) == (Decimal(80), False)
    assert row.cells[1] == Cell(CellState.NOT_GRADED, possible=Decimal(60))
    assert row.total == Total(Decimal("16.00"), Decimal("80.00"), Decimal("20.00"))
    for released in (homework, midterm):
        released.released_at = ON_TIME
        released.save()
    book = gradebook(course, **asked)
    assert book.rows[0].cells[0].final == Decimal(99)
    assert book.rows[0].cells[1].state == CellState.EXCUSED
    assert book.rows == gradebook(course, now=ON_TIME).rows


def test_who_withdrew_stays_and_staff_are_not_in_the_book(
    course: Course, ada: Membership, lecturer: User
) -> None:
    gone = factories.membership(course, factories.person("Bo"), active=False)
    rows = gradebook(course, now=ON_TIME).rows
    assert [(row.name, row.active) for row in rows] == [("Ada", True), ("Bo", False)]
    assert [row.name for row in gradebook(course, now=ON_TIME, student=gone).rows] == ["Bo"]


def test_another_course_is_another_book(
    course: Course, homework: Assignment, ada: Membership
) -> None:
    other = factories.course("comp1001", weights=WEIGHTS)
    theirs = factories.membership(other, ada.user)
    factories.graded(factories.assignment(other), theirs, "33")
    assert [row.member for row in gradebook(course, now=ON_TIME).rows] == [ada.pk]
    assert cell(course).state == CellState.MISSING


@pytest.mark.parametrize("number", [1, 3])
def test_the_number_of_queries_is_constant(
    course: Course,
    midterm: Exam,
    lecturer: User,
    number: int,
    django_assert_num_queries: Any,
) -> None:
    for index in range(number):
        homework = factories.assignment(course, f"hw{index}", position=index)
        for name in range(number):
            student = factories.membership(
                course, section=factories.section(course, f"{index}{name}")
            )
            factories.graded(homework, student, "50")
            decide(homework, student, lecturer, kind=OverrideKind.EXCUSED)
            enter(midterm, student, lecturer, 40)
    with django_assert_num_queries(8):
        gradebook(course, now=ON_TIME)


def test_each_student_has_the_same_row_alone_and_among_all(
    course: Course, homework: Assignment, midterm: Exam, lecturer: User
) -> None:
    class_ = [factories.membership(course) for _ in range(3)]
    for number, student in enumerate(class_):
        factories.graded(homework, student, 10 * number)
        enter(midterm, student, lecturer, 7 * number)
    decide(homework, class_[1], lecturer, kind=OverrideKind.EXCUSED)
    together = {row.member: row for row in gradebook(course, now=ON_TIME).rows}
    alone = {
        student.pk: gradebook(course, now=ON_TIME, student=student).rows[0] for student in class_
    }
    assert together == alone
    assert len({row.total for row in alone.values()}) == 3


def test_a_decision_outlasts_another_upload(
    course: Course, homework: Assignment, ada: Membership, lecturer: User
) -> None:
    decide(homework, ada, lecturer, kind=OverrideKind.POINTS, points=70)
    factories.graded(homework, ada, "100")
    assert (cell(course).final, cell(course).computed) == (Decimal(70), Decimal(100))
