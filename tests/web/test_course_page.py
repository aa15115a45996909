"""The page of a course: what a student and what staff read on it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from grader.domain.lateness import LatePolicy
from grader.domain.states import JobState, Role
from grader.models import Course, Membership
from grader.pipeline.extend import extend
from tests import factories
from tests.factories import DUE, ON_TIME
from tests.web.reading import links, main

pytestmark = pytest.mark.django_db
ADDRESS = "/c/comp4551/"
LATE = datetime(2026, 3, 12, 4, 0, tzinfo=UTC)
"""Noon in Hong Kong on the second day after the deadline."""


@pytest.fixture
def course() -> Course:
    return factories.course()


@pytest.fixture
def ada(course: Course) -> Membership:
    return factories.membership(course, factories.person("Ada"))


@pytest.fixture
def dee(course: Course) -> Membership:
    return factories.membership(course, factories.person("Dee"), Role.INSTRUCTOR)


def read(member: Membership, now: datetime = ON_TIME) -> Any:
    """The page, as this person gets it at `now`."""
    client = Client()
    with time_machine.travel(now, tick=False):
        client.force_login(member.user)
        return client.get(ADDRESS)


def test_a_student_reads_what_is_open_and_until_when(course: Course, ada: Membership) -> None:
    factories.assignment(course)
    page = read(ada)
    assert page.status_code == 200
    assert (
        "Homework 1 not submitted Due in 1 day 8 hours Due Tue 10 Mar 2026, 23:59 100 points"
        in main(page)
    )
    assert links(page) == ["/c/comp4551/grades/", "/c/comp4551/hw/hw1/"]
    assert "times are in Hong Kong time" in main(page)


def test_a_time_is_marked_for_the_readers_own_zone(course: Course, ada: Membership) -> None:
    factories.assignment(course)
    assert (
        '<time datetime="2026-03-10T15:59:00+00:00" data-local="Asia/Hong_Kong">'
        "Tue 10 Mar 2026, 23:59</time>"
    ) in read(ada).content.decode()


def test_the_countdown_ends_with_the_minute_of_the_deadline(
    course: Course, ada: Membership
) -> None:
    factories.assignment(course)
    assert (
        '<time datetime="2026-03-10T16:00:00+00:00" data-countdown>1 day 8 hours</time>'
        in read(ada).content.decode()
    )


def test_late_says_what_an_upload_costs_and_when_it_costs_more(
    course: Course, ada: Membership
) -> None:
    factories.assignment(course)
    assert (
        "Past the deadline Due Tue 10 Mar 2026, 23:59 100 points "
        "An upload now loses 40 % of the points it earns. "
        "From Fri 13 Mar 2026, 00:00 it loses 60 %. "
        "It earns nothing from Sun 15 Mar 2026, 00:00."
    ) in main(read(ada, LATE))


def test_the_last_step_is_told_once(course: Course, ada: Membership) -> None:
    factories.assignment(course)
    text = main(read(ada, LATE + timedelta(days=2)))
    assert (
        "loses 80 % of the points it earns. From Sun 15 Mar 2026, 00:00 it earns nothing." in text
    )
    assert text.count("Sun 15 Mar") == 1


def test_when_nothing_is_left_an_upload_is_still_graded(course: Course, ada: Membership) -> None:
    factories.assignment(course)
    assert "An upload now is still graded, but earns no points." in main(
        read(ada, LATE + timedelta(days=9))
    )


def test_after_the_cutoff_it_is_closed(ada: Membership, course: Course) -> None:
    course.late_policy = LatePolicy(rate=Decimal("0.20"), cutoff_days=1)
    course.save()
    factories.assignment(course)
    assert "Homework 1 not submitted Closed Due Tue 10 Mar 2026, 23:59" in main(read(ada, LATE))


def test_before_it_opens_there_is_a_date_and_no_link(course: Course, ada: Membership) -> None:
    factories.assignment(course)
    page = read(ada, datetime(2026, 2, 27, tzinfo=UTC))
    assert (
        "Homework 1 Opens in 2 days Opens Sun 1 Mar 2026, 08:00 Due Tue 10 Mar 2026, 23:59"
        in main(page)
    )
    assert links(page) == ["/c/comp4551/grades/"]


def test_without_content_students_see_the_dates(
    course: Course, ada: Membership, dee: Membership
) -> None:
    factories.assignment(course, folder=None)
    page = read(ada)
    assert "Not ready yet Due Tue 10 Mar 2026, 23:59" in main(page)
    assert "The staff of the course are still preparing it." in main(page)
    assert links(page) == ["/c/comp4551/grades/"]
    assert "It has no content yet, so students see its dates and no more." in main(read(dee))


def test_an_extension_is_the_students_own(course: Course, ada: Membership, dee: Membership) -> None:
    bob = factories.membership(course, factories.person("Bob"))
    homework = factories.assignment(course)
    extend(homework, DUE + timedelta(days=2), reason="ill", author=dee.user, student=ada)
    assert (
        "Due Thu 12 Mar 2026, 23:59 100 points "
        "This is your extension. The deadline was Tue 10 Mar 2026, 23:59."
    ) in main(read(ada, LATE))
    assert "extension" not in main(read(bob, LATE))
    assert "Past the deadline Due Tue 10 Mar 2026, 23:59" in main(read(bob, LATE))


def test_an_extension_for_everybody_shows_to_staff(course: Course, dee: Membership) -> None:
    extend(factories.assignment(course), LATE, reason="storm", author=dee.user)
    assert "Extended for everybody. The deadline was Tue 10 Mar 2026, 23:59." in main(read(dee))


def test_the_score_so_far(course: Course, ada: Membership) -> None:
    factories.graded(factories.assignment(course), ada, "87.5")
    assert "Homework 1 87.5 of 100 Due in" in main(read(ada))


def test_a_zero_is_a_score(course: Course, ada: Membership) -> None:
    factories.graded(factories.assignment(course), ada, "0")
    assert "Homework 1 0 of 100 Due in" in main(read(ada))


def test_a_newer_upload_that_waits_is_told(course: Course, ada: Membership) -> None:
    homework = factories.assignment(course)
    factories.graded(homework, ada, "50", ON_TIME - timedelta(hours=1))
    factories.job(factories.submission(homework, ada))
    assert "50 of 100 a newer upload is being graded" in main(read(ada))


@pytest.mark.parametrize(
    ("state", "fields", "told"),
    [
        (JobState.QUEUED, {}, "being graded"),
        (JobState.REJECTED, {"verdict": "rejected"}, "could not be graded"),
        (JobState.FAULT, {}, "could not be graded (our fault)"),
    ],
)
def test_without_a_score_the_state_is_told(
    course: Course, ada: Membership, state: JobState, fields: dict[str, Any], told: str
) -> None:
    factories.job(factories.submission(factories.assignment(course), ada), state, **fields)
    assert f"Homework 1 {told} Due in" in main(read(ada))


def test_the_rules_for_being_late_are_written_out(course: Course, ada: Membership) -> None:
    assert main(read(ada)).endswith(
        "If you are late Each begun day after the deadline costs 20 % of the points it earns. "
        "Uploads are never refused for being late. "
        "Your best upload counts, after its penalty; a later one can never lower your grade."
    )


def test_the_weights_are_added_up(ada: Membership, course: Course) -> None:
    course.weights = [
        {"id": "homework", "title": "Homework", "each": "5", "count": 4},
        {"id": "midterm", "title": "Midterm", "each": "30", "count": 1},
    ]
    course.save()
    assert "What counts how much Homework 4 \N{MULTIPLICATION SIGN} 5 % 20 % Midterm 30 %" in main(
        read(ada)
    )


def test_no_homework_yet(ada: Membership) -> None:
    page = read(ada)
    assert "There is no homework yet. It appears here as soon as the staff" in main(page)
    assert "<svg class=" not in page.content.decode().partition("<main")[2]


def test_staff_see_how_many_have_submitted(
    course: Course, ada: Membership, dee: Membership
) -> None:
    homework = factories.assignment(course)
    factories.membership(course, factories.person("Bob"))
    factories.membership(course, factories.person("Gone"), active=False)
    factories.graded(homework, ada, "50", ON_TIME - timedelta(hours=1))
    factories.graded(homework, ada, "60")
    factories.graded(homework, dee, "100")
    page = read(dee)
    assert "Homework 1 1 of 2 students submitted" in main(page)
    assert links(page) == [
        "/c/comp4551/hw/hw1/",
        "/c/comp4551/hw/hw1/submissions/",
    ]


def test_staff_are_told_of_faults_and_students_are_not(
    course: Course, ada: Membership, dee: Membership
) -> None:
    homework = factories.assignment(course)
    cause = {"staff_detail": "no sandbox started\nmore of it"}
    factories.job(factories.submission(homework, ada), JobState.FAULT, **cause)
    banner = (
        "Homework 1: 1 submission could not be graded through a fault of ours or of the suite. "
        "no sandbox started Nobody lost points. See it"
    )
    assert banner in main(read(dee))
    assert "fault of ours" not in main(read(ada))
    assert "no sandbox started" not in main(read(ada))


def test_a_fault_that_was_mended_is_no_banner(
    course: Course, ada: Membership, dee: Membership
) -> None:
    submission = factories.submission(factories.assignment(course), ada)
    factories.job(submission, JobState.FAULT)
    factories.job(submission, JobState.DONE, verdict="graded", attempt=1)
    assert "could not be graded" not in main(read(dee))


@pytest.mark.parametrize("number", [1, 3])
def test_a_students_page_has_a_constant_number_of_queries(
    course: Course, ada: Membership, number: int, django_assert_num_queries: Any
) -> None:
    fill(course, ada, number)
    client = Client()
    client.force_login(ada.user)
    with django_assert_num_queries(9):
        client.get(ADDRESS)


@pytest.mark.parametrize("number", [1, 3])
def test_a_staff_page_has_a_constant_number_of_queries(
    course: Course, ada: Membership, dee: Membership, number: int, django_assert_num_queries: Any
) -> None:
    fill(course, ada, number)
    client = Client()
    client.force_login(dee.user)
    with django_assert_num_queries(8):
        client.get(ADDRESS)


def fill(course: Course, student: Membership, number: int) -> None:
    """So many homeworks, each with so many submissions."""
    for index in range(number):
        homework = factories.assignment(course, f"hw{index + 1}", position=index)
        for hour in range(number):
            factories.graded(homework, student, "50", ON_TIME + timedelta(hours=hour))


def test_a_stranger_finds_nothing(course: Course) -> None:
    client = Client()
    client.force_login(factories.person("Eve"))
    page = client.get(ADDRESS)
    assert page.status_code == 404
    assert "There is nothing here for you" in main(page)


def test_an_anonymous_reader_signs_in_first(course: Course) -> None:
    page = Client().get(ADDRESS)
    assert (page.status_code, page["Location"]) == (302, "/sign-in/?next=/c/comp4551/")
