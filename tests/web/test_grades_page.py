"""A student's own grades: missing, waiting, lost and zero are four things."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from grader.domain.states import JobState, Role
from grader.models import Course, Membership
from tests import factories
from tests.factories import DUE, ON_TIME, OPENS
from tests.web.reading import links, main

pytestmark = pytest.mark.django_db
ADDRESS = "/c/comp4551/grades/"


@pytest.fixture
def course() -> Course:
    return factories.course()


@pytest.fixture
def ada(course: Course) -> Membership:
    return factories.membership(course, factories.person("Ada"))


def read(member: Membership) -> Any:
    """The page, as this person gets it while the homework is open."""
    client = Client()
    with time_machine.travel(ON_TIME, tick=False):
        client.force_login(member.user)
        return client.get(ADDRESS)


def test_each_number_stands_apart_with_its_reason(course: Course, ada: Membership) -> None:
    late = factories.graded(
        factories.assignment(course), ada, "87.5", DUE + timedelta(days=1, hours=3)
    )
    page = read(ada)
    assert (
        "Homework 1 87.5 2 \N{MINUS SIGN}35 52.5 100 "
        "2 days late: 40 % of the points earned are lost. The submission that counts"
    ) in main(page)
    assert links(page) == ["/c/comp4551/hw/hw1/", f"/submissions/{late.submission_id}/"]


def test_on_time_costs_nothing(course: Course, ada: Membership) -> None:
    factories.graded(factories.assignment(course), ada, "100")
    assert "Homework 1 100 0 0 100 100 On time." in main(read(ada))


def test_the_sum_counts_what_was_graded(course: Course, ada: Membership) -> None:
    factories.graded(factories.assignment(course, "hw1"), ada, "80.25")
    factories.graded(factories.assignment(course, "hw2"), ada, "50")
    factories.assignment(course, "hw3")
    assert "130.25 of 200 points in what has been graded so far." in main(read(ada))


def test_the_picture_says_the_same_in_words(course: Course, ada: Membership) -> None:
    factories.graded(factories.assignment(course), ada, "80")
    assert '<desc id="points-words">Homework 1: 80 of 100.</desc>' in read(ada).content.decode()


def test_a_zero_is_not_missing(course: Course, ada: Membership) -> None:
    factories.graded(factories.assignment(course, "hw1"), ada, "0")
    factories.assignment(course, "hw2")
    text = main(read(ada))
    assert "Homework 1 0 0 0 0 100 On time." in text
    assert "Homework 2 100 not submitted" in text


def test_nothing_graded_is_no_sum(course: Course, ada: Membership) -> None:
    factories.assignment(course)
    assert main(read(ada)).startswith("Your grades Each homework, and why")


def test_not_open_yet(course: Course, ada: Membership) -> None:
    factories.assignment(course, opens_at=OPENS + timedelta(days=30), due_at=DUE + timedelta(60))
    page = read(ada)
    assert "Homework 1 100 Not open yet." in main(page)
    assert links(page) == []


@pytest.mark.parametrize(
    ("state", "fields", "told"),
    [
        (JobState.QUEUED, {}, "being graded Watch it"),
        (
            JobState.REJECTED,
            {"verdict": "rejected"},
            "could not be graded Nothing counts yet. See why, then upload again",
        ),
        (
            JobState.FAULT,
            {},
            (
                "could not be graded (our fault) It costs you nothing, and the staff know. "
                "The submission"
            ),
        ),
    ],
)
def test_an_upload_without_a_score(
    course: Course, ada: Membership, state: JobState, fields: dict[str, Any], told: str
) -> None:
    submission = factories.submission(factories.assignment(course), ada)
    factories.job(submission, state, **fields)
    page = read(ada)
    assert f"Homework 1 100 {told}" in main(page)
    assert links(page) == ["/c/comp4551/hw/hw1/", f"/submissions/{submission.pk}/"]


def test_the_newest_upload_tells_the_state(course: Course, ada: Membership) -> None:
    homework = factories.assignment(course)
    older = factories.submission(homework, ada, ON_TIME - timedelta(hours=1))
    factories.job(older, JobState.FAULT)
    newer = factories.submission(homework, ada)
    factories.job(newer, JobState.REJECTED, verdict="rejected")
    page = read(ada)
    assert "could not be graded Nothing counts yet." in main(page)
    assert f"/submissions/{newer.pk}/" in links(page)


def test_an_older_upload_that_still_waits_is_being_graded(course: Course, ada: Membership) -> None:
    homework = factories.assignment(course)
    factories.job(factories.submission(homework, ada, ON_TIME - timedelta(hours=1)))
    factories.job(factories.submission(homework, ada), JobState.REJECTED, verdict="rejected")
    assert "being graded Watch it" in main(read(ada))


def test_a_newer_upload_may_change_the_score(course: Course, ada: Membership) -> None:
    homework = factories.assignment(course)
    factories.graded(homework, ada, "50", ON_TIME - timedelta(hours=1))
    newer = factories.submission(homework, ada)
    factories.job(newer, JobState.RUNNING, attempt=1, lease_until=DUE)
    page = read(ada)
    assert "The submission that counts a newer upload is being graded" in main(page)
    assert links(page)[-1] == f"/submissions/{newer.pk}/"


def test_others_grades_are_not_there(course: Course, ada: Membership) -> None:
    bob = factories.membership(course, factories.person("Bob"))
    factories.graded(factories.assignment(course), bob, "77.25")
    assert "77.25" not in read(ada).content.decode()


def test_staff_are_led_to_the_lists(course: Course, ada: Membership) -> None:
    factories.graded(factories.assignment(course), ada, "50")
    page = read(factories.membership(course, factories.person("Tom"), Role.TA))
    assert main(page) == (
        "Grades Grades are kept homework by homework. Each list shows who has handed in what, "
        "and the score of every submission. Submissions of Homework 1"
    )
    assert links(page) == ["/c/comp4551/hw/hw1/submissions/"]


@pytest.mark.parametrize("role", [Role.STUDENT, Role.TA])
def test_without_homework_there_is_a_way_back(course: Course, role: Role) -> None:
    page = read(factories.membership(course, factories.person("Tom"), role))
    assert main(page).endswith("There is no homework yet. Back to the course")
    assert links(page) == ["/c/comp4551/"]


@pytest.mark.parametrize("number", [1, 3])
def test_the_number_of_queries_is_constant(
    course: Course, ada: Membership, number: int, django_assert_num_queries: Any
) -> None:
    for index in range(number):
        homework = factories.assignment(course, f"hw{index + 1}", position=index)
        for hour in range(number):
            factories.graded(homework, ada, "50", ON_TIME + timedelta(hours=hour))
    client = Client()
    client.force_login(ada.user)
    with django_assert_num_queries(17):
        client.get(ADDRESS)
