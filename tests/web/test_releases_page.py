"""The page of releases: what each would show, and buttons for the instructor alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from grader.domain.states import JobState, Role
from grader.models import Assignment, Course, Message
from tests import factories
from tests.web.reading import main

pytestmark = pytest.mark.django_db
ADDRESS = "/c/comp4551/releases/"
RELEASE = {"kind": "homework", "item": "hw1", "act": "release"}


@pytest.fixture
def course() -> Course:
    return factories.course()


@pytest.fixture
def homework(course: Course) -> Assignment:
    return factories.assignment(course)


def client(course: Course, role: Role) -> Client:
    browser = Client()
    browser.force_login(factories.membership(course, role=role).user)
    return browser


def test_the_instructor_releases_and_hides_again(homework: Assignment) -> None:
    ada = factories.membership(homework.course, factories.person("Ada"))
    factories.graded(homework, ada, 60)
    browser = client(homework.course, Role.INSTRUCTOR)
    assert "not released Graded 1 student Waiting 0 Missing 0" in main(browser.get(ADDRESS))
    answer: Any = browser.post(ADDRESS, RELEASE, follow=True)
    assert answer.redirect_chain == [(ADDRESS, 303)]
    assert "Homework 1 is released. 1 student will get a message." in main(answer)
    assert Message.objects.get().to == ada.user
    answer = browser.post(ADDRESS, {**RELEASE, "act": "withdraw"}, follow=True)
    assert "Homework 1: students see its grades no longer." in main(answer)
    homework.refresh_from_db()
    assert homework.released_at is None
    again = browser.post(ADDRESS, {**RELEASE, "again": "yes"}, follow=True)
    assert "1 student will get a message." in main(again)


def test_a_fault_is_told_before_the_button(homework: Assignment) -> None:
    bob = factories.membership(homework.course)
    factories.job(factories.submission(homework, bob), JobState.FAULT, verdict="system_fault")
    page = main(client(homework.course, Role.INSTRUCTOR).get(ADDRESS))
    assert "A fault of ours keeps the grades of 1 student back." in page
    assert page.index("A fault of ours") < page.index("Release Homework 1")


def test_a_ta_looks_and_has_no_button(homework: Assignment) -> None:
    browser = client(homework.course, Role.TA)
    page = browser.get(ADDRESS)
    assert "Only the instructor releases grades" in main(page)
    assert b"<button class" not in page.content.partition(b"<main")[2]
    assert browser.post(ADDRESS, RELEASE).status_code == 404
    homework.refresh_from_db()
    assert homework.released_at is None


@pytest.mark.parametrize(
    "sent", [{"item": "hw9"}, {"kind": "exam"}, {"kind": "course"}, {"act": "burn"}]
)
def test_what_is_not_there_is_not_released(homework: Assignment, sent: dict[str, str]) -> None:
    browser = client(homework.course, Role.INSTRUCTOR)
    assert browser.post(ADDRESS, {**RELEASE, **sent}).status_code == 404
    homework.refresh_from_db()
    assert homework.released_at is None
