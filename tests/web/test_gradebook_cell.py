"""One cell of the gradebook: what it is made of, and what the instructor decides about it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from grader.domain.states import JobState, Role
from grader.models import Assignment, AuditEntry, Course, Exam, ExamScore, Membership, Override
from grader.pipeline.extend import extend
from tests import factories
from tests.factories import DUE, ON_TIME
from tests.web.reading import links, main

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
KEPT = "Your decision is kept, with its reason."


@pytest.fixture
def course() -> Course:
    return factories.course()


@pytest.fixture
def homework(course: Course) -> Assignment:
    return factories.assignment(course)


@pytest.fixture
def ada(course: Course) -> Membership:
    return factories.membership(course, factories.person("Ada"), student_number="20911111")


@pytest.fixture
def lecturer(course: Course) -> Membership:
    return factories.membership(course, factories.person("Lee"), Role.INSTRUCTOR)


def ask(reader: Membership, student: Membership, column: str = "hw1", **said: Any) -> Any:
    """The page of a cell; with fields, what is answered to the form and where that leads."""
    client = Client()
    client.force_login(reader.user)
    address = f"/c/comp4551/gradebook/{student.pk}/{column}/"
    with time_machine.travel(DUE + 3 * DAY, tick=False):
        return client.post(address, said, follow=True) if said else client.get(address)


def test_what_a_grade_is_made_of(
    course: Course, homework: Assignment, ada: Membership, lecturer: Membership
) -> None:
    extend(homework, DUE + DAY, reason="Ill.", author=lecturer.user, student=ada)
    on_time = factories.graded(homework, ada, "40", ON_TIME)
    late = factories.graded(homework, ada, "87.5", DUE + DAY + timedelta(hours=1))
    page = ask(lecturer, ada)
    text = main(page)
    assert text.startswith(
        "Ada: Homework 1 20911111 \N{MIDDLE DOT} ada@example.edu The grade 70 of 100"
    )
    assert (
        "Points earned 87.5 Late 1 day Penalty \N{MINUS SIGN}17.5 After penalty 70 "
        "Why 1 day late: 20 % of the points earned are lost. "
        "Due Wed 11 Mar 2026, 23:59 (for all: Tue 10 Mar 2026, 23:59)"
    ) in text
    assert (
        "Thu 12 Mar 2026, 00:59 counts graded 1 day 87.5 \N{MINUS SIGN}17.5 70 "
        "Mon 9 Mar 2026, 16:00 graded on time 40 0 40"
    ) in text
    assert "Until Wed 11 Mar 2026, 23:59, for this student, by Lee: Ill." in text
    found = links(page)
    assert f"/submissions/{late.submission_id}/" in found
    assert f"/submissions/{on_time.submission_id}/" in found


def test_an_exam_tells_what_was_entered(
    course: Course, ada: Membership, lecturer: Membership
) -> None:
    exam = Exam.objects.create(course=course, slug="final", title="Final", possible=60)
    for points in (40, None, Decimal("41.5")):
        ExamScore.objects.create(
            exam=exam, student=ada, points=points, author=lecturer.user, source="form"
        )
    text = main(ask(lecturer, ada, "final"))
    assert "The grade 41.5 of 60 As entered 41.5 points" in text
    assert "Students see it not yet: the exam is not released" in text
    assert text.count("by the form, Lee") == 3
    assert "Submissions" not in text


def test_the_instructor_decides_and_it_is_told(
    course: Course, homework: Assignment, ada: Membership, lecturer: Membership
) -> None:
    factories.graded(homework, ada, "40", ON_TIME)
    page = ask(lecturer, ada, kind="points", points="72.5", reason="The suite was wrong.")
    text = main(page)
    assert page.redirect_chain[0][1] == 303
    assert text.startswith(KEPT)
    assert "The grade 72.5 of 100 set by a person Decided 72.5 points by Lee" in text
    assert "The suite was wrong. Without it 40 points" in text
    assert KEPT in main(ask(lecturer, ada, kind="lifted", reason="It was right after all."))
    text = main(ask(lecturer, ada))
    assert "The grade 40 of 100 Points earned 40" in text
    assert text.index("override lifted. It was right") < text.index("72.5 points. The suite")
    assert AuditEntry.objects.filter(actor=lecturer.user).count() == 2


def test_a_column_without_any_submission_is_decided_too(
    course: Course, homework: Assignment, ada: Membership, lecturer: Membership
) -> None:
    assert "The grade missing" in main(ask(lecturer, ada))
    text = main(ask(lecturer, ada, kind="excused", reason="Ill."))
    assert "The grade excused Decided excused by Lee" in text
    assert "Ill. Without it no points" in text
    assert "The grade 105 of 100" in main(
        ask(lecturer, ada, kind="points", points="105", extra="on", reason="Beyond all.")
    )


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"kind": "points", "points": "101", "reason": "R."}, "There are 100.00 points. Tick"),
        ({"kind": "points", "points": "-1", "reason": "R."}, "Write a number from 0 to 100.00."),
        ({"kind": "points", "points": "", "reason": "R."}, "Write the points, from 0 to 100.00."),
        ({"kind": "points", "points": "many", "reason": "R."}, "Write the points as a number"),
        ({"kind": "points", "points": "NaN", "reason": "R."}, "Write the points as a number"),
        ({"kind": "points", "points": "1.234", "reason": "R."}, "at most two places"),
        ({"kind": "excused", "points": "7", "reason": " "}, "Write a reason"),
        ({"kind": "lifted", "points": "7", "reason": "R."}, "there is nothing to lift"),
        ({"points": "7", "reason": "R."}, "Choose what you decide."),
    ],
)
def test_what_is_refused_says_why_and_keeps_what_was_typed(
    course: Course,
    homework: Assignment,
    ada: Membership,
    lecturer: Membership,
    said: dict[str, str],
    told: str,
) -> None:
    page = ask(lecturer, ada, **said)
    assert page.status_code == 422
    assert told in main(page)
    assert (
        f'name="points" inputmode="decimal" autocomplete="off" size="10" value="{said["points"]}"'
        in (page.content.decode())
    )
    assert not Override.objects.exists()


def test_a_tutor_looks_and_does_not_decide(
    course: Course, homework: Assignment, ada: Membership, lecturer: Membership
) -> None:
    tutor = factories.membership(course, factories.person("Tom"), Role.TA)
    assert "Decide" not in main(ask(tutor, ada))
    assert ask(tutor, ada, kind="excused", reason="Ill.").status_code == 404
    assert not Override.objects.exists()


def test_who_is_no_student_here_has_no_cell(
    course: Course, homework: Assignment, ada: Membership, lecturer: Membership
) -> None:
    theirs = factories.membership(factories.course("comp1001"), ada.user)
    assert ask(lecturer, theirs).status_code == 404
    assert ask(lecturer, lecturer).status_code == 404
    assert ask(lecturer, ada, "hw9").status_code == 404
    gone = factories.membership(course, factories.person("Gone"), active=False)
    assert "has withdrawn" in main(ask(lecturer, gone))


def test_a_shadow_is_no_state_of_a_submission(
    course: Course, homework: Assignment, ada: Membership, lecturer: Membership
) -> None:
    score = factories.graded(homework, ada, "40", ON_TIME)
    factories.job(score.submission, JobState.FAULT, shadow=True)
    assert "counts graded on time" in main(ask(lecturer, ada))
