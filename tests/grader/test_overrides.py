"""What a person decides about one grade: kept with author and reason, audited, or refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from grader.domain.gradebook import Cell, CellState, Column
from grader.domain.overrides import OverrideKind
from grader.domain.states import Role
from grader.errors import OverrideRefused
from grader.models import AuditEntry, Course, Exam, Membership, Override, User
from grader.overrides import decide
from grader.queries.gradebook import gradebook
from tests import factories
from tests.factories import ON_TIME

pytestmark = pytest.mark.django_db
POINTS, EXCUSED, LIFTED = OverrideKind.POINTS, OverrideKind.EXCUSED, OverrideKind.LIFTED


@pytest.fixture
def course() -> Course:
    return factories.course()


@pytest.fixture
def ada(course: Course) -> Membership:
    return factories.membership(course, factories.person("Ada"))


@pytest.fixture
def lecturer(course: Course) -> User:
    return factories.membership(course, factories.person("Lee"), Role.INSTRUCTOR).user


def column(course: Course) -> Column:
    return gradebook(course, now=ON_TIME).columns[0]


def cell(course: Course) -> Cell:
    return gradebook(course, now=ON_TIME).rows[0].cells[0]


def say(student: Membership, kind: OverrideKind, author: User, **said: Any) -> Override:
    course = student.course
    plain: dict[str, Any] = {"reason": "Agreed.", "author": author, "now": ON_TIME}
    return decide(student, column(course), kind, **{**plain, **said})


def test_points_without_any_submission(course: Course, ada: Membership, lecturer: User) -> None:
    homework = factories.assignment(course)
    made = say(ada, POINTS, lecturer, points=Decimal("70.5"), reason=" Handed in on paper. ")
    assert (cell(course).state, cell(course).final) == (CellState.SCORED, Decimal("70.50"))
    entry = AuditEntry.objects.get()
    assert (entry.course, entry.actor, entry.action) == (course, lecturer, "override.points")
    assert entry.subject == f"assignment {homework.pk}"
    assert entry.detail == {
        "student": ada.pk,
        "override": made.pk,
        "points": "70.50",
        "before": None,
        "reason": "Handed in on paper.",
    }


def test_an_exam_is_excused_and_counts_again(
    course: Course, ada: Membership, lecturer: User
) -> None:
    exam = Exam.objects.create(course=course, slug="final", title="Final", possible=60)
    say(ada, EXCUSED, lecturer, reason="Ill.")
    assert cell(course).state == CellState.EXCUSED
    say(ada, LIFTED, lecturer, reason="Took the second date.")
    assert cell(course).state == CellState.NOT_GRADED
    entries = AuditEntry.objects.order_by("pk").values_list("action", "subject", "detail__before")
    assert list(entries) == [
        ("override.excused", f"exam {exam.pk}", None),
        ("override.lifted", f"exam {exam.pk}", "excused"),
    ]


def test_the_same_decision_sent_twice_is_one(
    course: Course, ada: Membership, lecturer: User
) -> None:
    factories.assignment(course)
    first = say(ada, POINTS, lecturer, points=Decimal(70))
    assert say(ada, POINTS, lecturer, points=Decimal("70.00")) == first
    assert say(ada, POINTS, lecturer, points=Decimal(70), reason="Looked again.") != first
    assert AuditEntry.objects.count() == Override.objects.count() == 2


def test_more_than_all_points_only_when_it_is_meant(
    course: Course, ada: Membership, lecturer: User
) -> None:
    factories.assignment(course)
    say(ada, POINTS, lecturer, points=Decimal(105), extra=True)
    assert cell(course).final == Decimal(105)
    say(ada, POINTS, lecturer, points=Decimal(100))
    assert cell(course).final == Decimal(100)


@pytest.mark.parametrize(
    ("kind", "said", "parts"),
    [
        (POINTS, {"points": Decimal("100.01")}, {"points"}),
        (POINTS, {"points": Decimal("-0.01")}, {"points"}),
        (POINTS, {"points": Decimal("NaN")}, {"points"}),
        (POINTS, {"points": Decimal("1e9"), "extra": True}, {"points"}),
        (POINTS, {"points": None, "reason": "  "}, {"points", "reason"}),
        (EXCUSED, {"reason": ""}, {"reason"}),
        (EXCUSED, {"reason": "x" * 501}, {"reason"}),
        (LIFTED, {}, {"kind"}),
    ],
)
def test_what_is_refused_changes_nothing(
    course: Course,
    ada: Membership,
    lecturer: User,
    kind: OverrideKind,
    said: dict[str, Any],
    parts: set[str],
) -> None:
    factories.assignment(course)
    with pytest.raises(OverrideRefused) as refused:
        say(ada, kind, lecturer, **said)
    assert set(refused.value.sentences) == parts
    assert not Override.objects.exists()
    assert not AuditEntry.objects.exists()


def test_what_was_lifted_is_not_lifted_again(
    course: Course, ada: Membership, lecturer: User
) -> None:
    factories.assignment(course)
    say(ada, EXCUSED, lecturer)
    say(ada, LIFTED, lecturer)
    with pytest.raises(OverrideRefused, match="nothing to lift"):
        say(ada, LIFTED, lecturer)


def test_without_content_nobody_knows_of_how_many_points(
    course: Course, ada: Membership, lecturer: User
) -> None:
    factories.assignment(course, folder=None)
    with pytest.raises(OverrideRefused, match="no content yet"):
        say(ada, POINTS, lecturer, points=Decimal(1))
    say(ada, EXCUSED, lecturer)
    assert cell(course).state == CellState.EXCUSED
