"""The first page: it leads on, however many courses there are."""

from __future__ import annotations

import pytest
from django.test import Client

from grader.domain.states import Role
from grader.models import User
from tests import factories
from tests.web.reading import links, main

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return factories.person("Ada")


@pytest.fixture
def client(ada: User) -> Client:
    signed_in = Client()
    signed_in.force_login(ada)
    return signed_in


def test_one_course_is_gone_to_at_once(client: Client, ada: User) -> None:
    factories.membership(factories.course(), ada)
    assert client.get("/")["Location"] == "/c/comp4551/"


def test_several_are_listed(client: Client, ada: User) -> None:
    factories.membership(factories.course("b", title="Second"), ada, Role.TA)
    factories.membership(factories.course("a", title="First"), ada)
    page = client.get("/")
    assert main(page) == "Your courses A First B Second staff"
    assert links(page) == ["/c/a/", "/c/b/"]


def test_none_says_what_to_do(client: Client) -> None:
    page = client.get("/")
    assert main(page).startswith("You are in no course yet Your account works, but no course has")
    assert "to add ada@example.edu." in main(page)


def test_a_course_that_one_has_left_is_no_course(client: Client, ada: User) -> None:
    factories.membership(factories.course(), ada, active=False)
    assert "You are in no course yet" in main(client.get("/"))


def test_anonymous_readers_sign_in_first() -> None:
    assert Client().get("/")["Location"] == "/sign-in/?next=/"
