"""Signing in by OpenID Connect: with an honest provider, and with one that says what it likes."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.conf import settings as live
from django.test import Client
from limits import parse

from grader.domain.states import Role
from grader.models import User
from tests import factories
from tests.web.reading import links, main, words
from tests.web.sign_on.browsing import BACK, begin, comes_back, who
from tests.web.sign_on.conftest import offering
from tests.web.sign_on.crooked import Crooked

pytestmark = pytest.mark.django_db


# --- with a provider of another project -----------------------------------------------------------


def signs_in_there(client: Client, subject: str, query: str = "") -> Any:
    sent = client.get(f"/sign-in/oidc/{query}")
    answer = requests.post(
        sent["Location"], data={"sub": subject}, allow_redirects=False, timeout=30
    )
    back = urlsplit(answer.headers["Location"])
    assert (back.netloc, back.path) == ("testserver", BACK)
    return client.get(f"{back.path}?{back.query}")


def test_a_person_on_the_roll_gets_in_and_is_where_they_wanted(
    ada: User, honest: str, settings: Any
) -> None:
    offering(settings, honest)
    factories.membership(factories.course(), ada)
    client = Client()
    answer = signs_in_there(client, "ada-1", "?next=/c/comp4551/grades/")
    assert (answer.status_code, answer["Location"]) == (302, "/c/comp4551/grades/")
    assert who(client) == "ada@example.edu"
    assert "Account of Ada" in words(client.get("/c/comp4551/"))


def test_a_stranger_is_told_what_to_do_and_nobody_is_made(honest: str, settings: Any) -> None:
    offering(settings, honest)
    client = Client()
    page = signs_in_there(client, "eve-1")
    assert page.status_code == 403
    assert (
        "No course here knows you by this address Campus has signed you in as eve@example.edu. If "
        "your course knows you by another address, sign in as that person. Otherwise ask the "
        "course's staff to put eve@example.edu on the roll."
    ) in main(page)
    assert links(page) == ["/sign-in/", "/sign-in/oidc/?again=yes"]
    assert (User.objects.count(), who(client)) == (0, "nobody")


def test_signing_out_here_offers_to_sign_out_there(ada: User, honest: str, settings: Any) -> None:
    offering(settings, honest)
    client = Client()
    signs_in_there(client, "ada-1")
    page = client.post("/sign-out/", follow=True)
    assert "You may still be signed in at Campus." in main(page)
    [leave, _again] = links(page)
    there = requests.get(leave, timeout=30)
    assert (there.status_code, there.url.partition("?")[0]) == (200, f"{honest}/oauth2/end_session")
    assert parse_qs(urlsplit(leave).query)["post_logout_redirect_uri"] == [
        "http://testserver/sign-in/"
    ]
    assert who(client) == "nobody"
    assert client.get("/sign-out/done/")["Location"] == "/"  # told once


# --- what is asked, and what is kept --------------------------------------------------------------


def test_what_the_provider_is_asked(site: Any, provider: Crooked) -> None:
    """Of what a link says, nothing but where to go then."""
    place, asked = begin(Client(), "?auth_params=redirect_uri%3Dhttps://evil.example&scope=all")
    assert place == f"{provider.url}/authorize"
    assert len(asked.pop("state")) >= 16
    assert len(asked.pop("nonce")) >= 32
    assert len(asked.pop("code_challenge")) == 43
    assert set(asked.pop("scope").split()) == {"openid", "profile", "email"}
    assert asked == {
        "client_id": "sandglass",
        "redirect_uri": f"http://testserver{BACK}",
        "response_type": "code",
        "code_challenge_method": "S256",
    }


def test_somebody_else_is_asked_for_anew(site: Any) -> None:
    assert begin(Client(), "?again=yes")[1]["prompt"] == "login"


def test_only_the_link_is_kept(site: Any, provider: Crooked, ada: User) -> None:
    comes_back(Client(), provider)
    [row] = SocialAccount.objects.all()
    assert (row.provider, row.uid, row.user, row.extra_data) == (
        f"oidc {provider.url}",
        "ada-1",
        ada,
        {},
    )
    assert not SocialToken.objects.exists()


def test_the_identity_holds_whatever_its_address_becomes(
    site: Any, provider: Crooked, ada: User
) -> None:
    comes_back(Client(), provider)
    provider.person |= {"email": "countess@example.edu", "email_verified": False}
    client = Client()
    assert comes_back(client, provider).status_code == 302
    assert who(client) == "ada@example.edu"


def test_staff_are_staff_by_their_membership_alone(site: Any, provider: Crooked, ada: User) -> None:
    factories.membership(factories.course(), ada, Role.TA)
    factories.course("comp1001")
    provider.person |= {"roles": ["instructor", "admin"], "is_superuser": True}
    client = Client()
    comes_back(client, provider)
    assert client.get("/c/comp4551/grading/").status_code == 200
    assert client.get("/c/comp1001/").status_code == 404
    ada.refresh_from_db()
    assert not ada.is_superuser


def test_the_session_is_ours(site: Any, provider: Crooked, ada: User) -> None:
    """A new one, by our clock and our backend, in a browser that the account knows from now on."""
    client = Client()
    client.get("/sign-in/oidc/")
    before = client.cookies[live.SESSION_COOKIE_NAME].value
    answer = comes_back(client, provider)
    session = answer.cookies[live.SESSION_COOKIE_NAME]
    assert session.value != before
    assert 0 < int(session["max-age"]) <= live.SESSION_COOKIE_AGE
    assert answer.cookies["known"].value
    assert client.session["_auth_user_backend"] == "web.sign_in.Backend"
    assert "no-store" in answer["Cache-Control"]


def test_a_log_tells_who_came_and_no_secret(
    site: Any, provider: Crooked, ada: User, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        comes_back(Client(), provider)
    assert f"user {ada.pk} signed in by OpenID Connect" in caplog.messages
    assert not any("ada@" in line or "secret of tests" in line for line in caplog.messages)


# --- addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [False, None, "no", 1, "false"])
def test_an_address_that_nobody_vouches_for_opens_nothing(
    site: Any, provider: Crooked, ada: User, said: Any
) -> None:
    provider.person["email_verified"] = said
    client = Client()
    page = comes_back(client, provider)
    assert page.status_code == 403
    assert main(page).startswith("Sign in with Campus Your address is not confirmed")
    assert (who(client), SocialAccount.objects.count()) == ("nobody", 0)


@pytest.mark.parametrize(
    ("email", "said", "opens"),
    [
        ("ada@example.edu", None, True),
        ("ada@example.edu", False, False),
        ("ada@sub.example.edu", None, False),
        ("ada@evil.example", None, False),
    ],
)
def test_domains_of_the_settings_speak_where_the_provider_is_silent(
    settings: Any, provider: Crooked, email: str, said: Any, *, opens: bool
) -> None:
    offering(settings, provider.url, domains=("example.edu",))
    User.objects.create_user(email, "Ada")
    provider.person |= {"email": email, "email_verified": said}
    assert (comes_back(Client(), provider).status_code == 302) is opens


def test_a_confirmation_is_of_the_address_beside_it(
    site: Any, provider: Crooked, ada: User
) -> None:
    """The token confirms one address; another place names another."""
    provider.claims = {"email": "mallory@example.org", "email_verified": True}
    del provider.person["email_verified"]
    assert comes_back(Client(), provider).status_code == 403


def test_without_an_address_there_is_no_account(site: Any, provider: Crooked, ada: User) -> None:
    del provider.person["email"]
    assert "We were not told your address" in main(comes_back(Client(), provider))


def test_a_closed_account_stays_closed(site: Any, provider: Crooked, ada: User) -> None:
    comes_back(Client(), provider)
    User.objects.update(is_active=False)
    client = Client()
    assert "This account is closed" in main(comes_back(client, provider))
    assert who(client) == "nobody"


def test_an_address_that_was_given_to_somebody_else_opens_nothing(
    site: Any, provider: Crooked, ada: User
) -> None:
    comes_back(Client(), provider)
    provider.person["sub"] = "another-1"
    provider.claims = {"sub": "another-1"}
    assert "belongs to another sign-in" in main(comes_back(Client(), provider))


def test_where_the_settings_say_so_a_stranger_gets_an_account(site: Any, provider: Crooked) -> None:
    site.SANDGLASS_SSO_CREATES = True
    client = Client()
    comes_back(client, provider)
    person = User.objects.get()
    assert (person.email, person.name) == ("ada@example.edu", "Ada Lovelace")
    assert (person.has_usable_password(), person.is_superuser) == (False, False)
    assert who(client) == "ada@example.edu"
    provider.person |= {"sub": "b", "email": "bob@example.edu", "email_verified": False}
    provider.claims = {"sub": "b"}
    assert comes_back(Client(), provider).status_code == 403


# --- the provider is away -------------------------------------------------------------------------


@pytest.mark.parametrize("broken", ["/.well-known/openid-configuration", "/jwks", "/userinfo"])
def test_a_provider_that_fails_is_told_and_costs_nothing(
    site: Any, provider: Crooked, ada: User, broken: str
) -> None:
    client = Client()
    _, provider.asked = begin(client)
    provider.broken = broken
    page = client.get(BACK, {"code": "a code", "state": provider.asked["state"]})
    assert page.status_code == 503
    assert "Campus does not answer as it should" in main(page)
    provider.broken = ""
    assert comes_back(client, provider).status_code == 302


@pytest.mark.parametrize(
    "said", [{"issuer": "https://evil.example"}, {"token_endpoint": None}, {"jwks_uri": 7}], ids=str
)
def test_a_provider_that_is_none_is_not_asked(
    site: Any, provider: Crooked, said: dict[str, Any]
) -> None:
    provider.discovery |= said
    assert Client().get("/sign-in/oidc/").status_code == 503


def test_nobody_listens(settings: Any) -> None:
    offering(settings, "http://127.0.0.1:1")
    assert Client().get("/sign-in/oidc/").status_code == 503


def test_who_is_here_is_not_sent_away(site: Any, ada: User) -> None:
    client = Client()
    client.force_login(ada)
    assert client.get("/sign-in/oidc/?next=/c/x/")["Location"] == "/c/x/"


def test_too_many_tries_from_one_address(site: Any, provider: Crooked) -> None:
    site.SANDGLASS_LIMITS = {**site.SANDGLASS_LIMITS, "sign-on": parse("2/minute")}
    tries = [Client().get(BACK, REMOTE_ADDR="192.0.2.1").status_code for _ in range(3)]
    assert tries == [400, 400, 429]
