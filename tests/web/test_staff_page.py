"""The list of a homework's submissions, as staff read it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from grader.domain.states import JobState, Role
from grader.models import Assignment, Course, Membership
from grader.queries.staff import PER_PAGE
from tests import factories
from tests.factories import DUE, ON_TIME
from tests.web.reading import links, main

pytestmark = pytest.mark.django_db
ADDRESS = "/c/comp4551/hw/hw1/submissions/"
HOUR = timedelta(hours=1)
FAULT = {
    "verdict": "assignment_fault",
    "staff_detail": "checks/hidden/test_question1.py does not load\nTraceback: secret",
}


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
def ben(course: Course) -> Membership:
    return factories.membership(course, factories.person("Ben"), student_number="20922222")


@pytest.fixture
def dee(course: Course) -> Membership:
    return factories.membership(course, factories.person("Dee"), Role.TA)


def read(member: Membership, **asked: Any) -> Any:
    client = Client()
    client.force_login(member.user)
    with time_machine.travel(DUE, tick=False):
        return client.get(ADDRESS, asked)


def test_staff_read_who_handed_in_what(
    homework: Assignment, ada: Membership, ben: Membership, dee: Membership
) -> None:
    first = factories.graded(homework, ada, "90", ON_TIME).submission
    second = factories.graded(homework, ben, "100", DUE + HOUR).submission
    page = read(dee)
    assert "Homework 1: 2 submissions." in main(page)
    assert (
        "Ben 20922222 Wed 11 Mar 2026, 00:59 graded 1 day 80 / 100 "
        "Ada 20911111 Mon 9 Mar 2026, 16:00 graded on time 90 / 100" in main(page)
    )
    assert links(page) == [f"/submissions/{second.pk}/", f"/submissions/{first.pk}/"]


def test_faults_come_first_with_what_staff_should_know(
    homework: Assignment, ada: Membership, ben: Membership, dee: Membership
) -> None:
    factories.job(factories.submission(homework, ben, ON_TIME - HOUR), JobState.FAULT, **FAULT)
    factories.graded(homework, ada, "90", ON_TIME)
    text = main(read(dee))
    assert "1 submission could not be graded because of a fault of ours. Show only these" in text
    assert (
        "Ben 20922222 checks/hidden/test_question1.py does not load Mon 9 Mar 2026, 15:00 "
        "could not be graded (our fault) Ada" in text
    )
    assert "secret" not in text


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"state": "fault"}, ["Ben"]),
        ({"state": "done"}, ["Ada"]),
        ({"state": "no such state"}, ["Ben", "Ada"]),
        ({"q": " aD "}, ["Ada"]),
        ({"q": "20922"}, ["Ben"]),
        ({"q": "ben@example"}, ["Ben"]),
        ({"q": "ada", "state": "fault"}, []),
        ({"page": "7"}, ["Ben", "Ada"]),
        ({"page": "x"}, ["Ben", "Ada"]),
    ],
    ids=str,
)
def test_staff_choose_by_state_name_and_number(
    homework: Assignment,
    ada: Membership,
    ben: Membership,
    dee: Membership,
    asked: dict[str, str],
    names: list[str],
) -> None:
    factories.job(factories.submission(homework, ben, ON_TIME - HOUR), JobState.FAULT, **FAULT)
    factories.graded(homework, ada, "90", ON_TIME)
    text = main(read(dee, **asked))
    found = sorted((name for name in ("Ada", "Ben") if f" {name} 209" in text), key=text.index)
    assert found == names
    assert ("Nothing fits what you asked for." in text) is (names == [])


def test_a_long_list_has_pages_that_keep_what_was_asked(
    homework: Assignment, ada: Membership, dee: Membership
) -> None:
    for _ in range(PER_PAGE + 1):
        factories.job(factories.submission(homework, ada), JobState.SUPERSEDED)
    first, second = read(dee, q="ada"), read(dee, q="ada", page="2")
    assert "Page 1 of 2 Older" in main(first)
    assert links(first)[-1] == "?q=ada&page=2"
    assert "Newer Page 2 of 2" in main(second)
    assert main(second).count("Ada 20911111") == 1


def test_an_empty_list_says_so(homework: Assignment, dee: Membership) -> None:
    assert "Nobody has handed in anything yet." in main(read(dee))


def test_students_find_nothing(homework: Assignment, ada: Membership) -> None:
    assert read(ada).status_code == 404


@pytest.mark.parametrize("submissions", [1, 3])
def test_the_list_has_a_constant_number_of_queries(
    homework: Assignment,
    ada: Membership,
    dee: Membership,
    submissions: int,
    django_assert_num_queries: Any,
) -> None:
    for hour in range(submissions):
        factories.graded(homework, ada, "90", ON_TIME - hour * HOUR)
    client = Client()
    client.force_login(dee.user)
    with time_machine.travel(DUE, tick=False), django_assert_num_queries(9):
        assert client.get(ADDRESS).status_code == 200
