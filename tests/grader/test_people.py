"""Enrolling people from the command line, against the database."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from grader.models import AuditEntry, Course, Membership, User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def course() -> Course:
    return factories.course()


def enrol(course: Course, *words: str) -> str:
    said = StringIO()
    call_command("enrol", course.slug, *words, stdout=said)
    return said.getvalue()


def test_a_new_person_gets_an_account_without_a_password(course: Course) -> None:
    said = enrol(course, "Ada@Example.edu", "--name", "Ada Byron", "--role", "ta")

    assert said == "Ada Byron (ada@example.edu): ta\n"
    member = Membership.objects.get(course=course, user__email="ada@example.edu")
    assert (member.role, member.active, member.user.has_usable_password()) == ("ta", True, False)


def test_a_second_time_changes_what_is_different_and_nothing_else(course: Course) -> None:
    enrol(course, "ada@example.edu", "--name", "Ada Byron", "--section", "L1", "--number", "7")
    enrol(course, "ada@example.edu", "--section", "L1", "--number", "7")
    enrol(course, "ada@example.edu", "--section", "L2", "--number", "7")

    member = Membership.objects.get(course=course)
    assert member.section is not None
    assert (User.objects.count(), member.section.name, member.student_number) == (1, "L2", "7")
    sections = [entry.detail["section"] for entry in AuditEntry.objects.order_by("pk")]
    assert sections == ["L1", "L2"]


def test_who_withdraws_stays_on_the_roll(course: Course) -> None:
    enrol(course, "ada@example.edu", "--name", "Ada Byron")

    assert enrol(course, "ada@example.edu", "--withdrawn").endswith("student, withdrawn\n")
    assert not Membership.objects.get(course=course).active


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["ada"], "'ada' is no e-mail address."),
        (
            ["ada@example.edu"],
            "ada@example.edu has no account yet: give the person's name with --name.",
        ),
        (
            ["ada@example.edu", "--name", "\x1b[2JAda"],
            "The name of ada@example.edu holds a control character: type it anew.",
        ),
    ],
)
def test_what_is_missing_is_said(course: Course, words: list[str], sentence: str) -> None:
    with pytest.raises(CommandError) as error:
        enrol(course, *words)
    assert str(error.value) == sentence
    assert User.objects.count() == 0


def test_an_unknown_course_is_answered_with_those_that_exist(course: Course) -> None:
    with pytest.raises(CommandError) as error:
        call_command("enrol", "comp9999", "ada@example.edu")
    assert str(error.value) == f"There is no course 'comp9999'. Known: {course.slug}."
