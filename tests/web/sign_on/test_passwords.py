"""The page to sign in beside single sign-on, and a site that has no passwords."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from grader.models import User
from tests import factories
from tests.factories import PASSWORD
from tests.web.reading import links, main, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def without(site: Any) -> Any:
    """The settings of a site that has no passwords."""
    site.SANDGLASS_PASSWORDS = False
    return site


def sign_in(client: Client, email: str, password: str = PASSWORD) -> Any:
    return client.post("/sign-in/", {"username": email, "password": password})


def test_both_ways_stand_on_one_page(site: Any) -> None:
    page = Client().get("/sign-in/?next=/c/comp4551/")
    assert links(page) == ["/sign-in/oidc/?next=%2Fc%2Fcomp4551%2F", "/password-reset/"]
    assert "Sign in with Campus Or with a password" in main(page)
    assert 'aria-labelledby="by-password"' in page.content.decode()


def test_the_way_leads_nowhere_else(site: Any) -> None:
    assert links(Client().get("/sign-in/?next=https://evil.example/"))[0] == "/sign-in/oidc/"


def test_both_ways_are_there_after_a_wrong_password(site: Any) -> None:
    page = sign_in(Client(), "nobody@example.edu")
    assert links(page) == ["/sign-in/oidc/", "/password-reset/"]


def test_nothing_is_said_of_it_where_there_is_none() -> None:
    page = Client().get("/sign-in/")
    assert main(page).startswith("Sign in With the address that your course knows you by.")
    assert links(page) == ["/password-reset/"]


def test_a_site_without_passwords_asks_for_none(without: Any) -> None:
    page = Client().get("/sign-in/")
    assert (links(page), b"<form" in main_part(page)) == (["/sign-in/oidc/"], False)


def main_part(page: Any) -> bytes:
    content: bytes = page.content
    return content[content.index(b"<main") : content.index(b"</main>")]


@pytest.mark.parametrize(
    "address",
    [
        "/password-reset/",
        "/password-reset/done/",
        "/password-reset/complete/",
        "/password-reset/MQ/abc-0123/",
    ],
)
def test_a_site_without_passwords_gives_none(without: Any, address: str) -> None:
    client = Client()
    client.force_login(factories.person("Ada"))
    for method in ("get", "post"):
        assert getattr(client, method)(address).status_code == 404


def test_without_passwords_the_page_of_an_account_changes_none(without: Any) -> None:
    """The way to one's own data is still on it."""
    client = Client()
    client.force_login(factories.person("Ada"))
    page = client.get("/password/")
    assert "password" not in words(page).lower()
    assert main(page).startswith("Your data")
    assert client.post("/password/", {"old_password": PASSWORD}).status_code == 404


def test_the_glass_is_broken_by_operators_alone(
    without: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """When the provider is away, somebody must get in."""
    factories.person("Ada")
    operator = factories.person("Operator", is_superuser=True)
    page = Client().get("/sign-in/?password")
    assert b"<form" in main_part(page)
    assert links(page) == ["/sign-in/oidc/"]
    refused = sign_in(Client(), "ada@example.edu")
    assert refused.status_code == 200
    assert "Passwords are off on this site, but for its operators." in main(refused)
    assert "Passwords are off" not in main(sign_in(Client(), "ada@example.edu", "wrong"))
    client = Client()
    assert sign_in(client, "operator@example.edu").status_code == 302
    assert "Account of Operator" in words(client.get("/"))
    assert f"user {operator.pk} signed in by a password though they are off" in caplog.messages


def test_who_forgot_is_not_led_to_a_page_that_is_not_there(without: Any) -> None:
    factories.person("Operator", is_superuser=True)
    tries = [sign_in(Client(), "operator@example.edu", "wrong") for _ in range(11)]
    assert tries[-1].status_code in {200, 429}
    assert User.objects.count() == 1
    assert links(tries[-1]) == ["/sign-in/oidc/"]
