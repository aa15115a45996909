"""Signing in by OpenID Connect: answers and links that nobody should believe."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
import time_machine
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from grader.models import User
from tests.web.reading import main
from tests.web.sign_on.browsing import BACK, begin, comes_back, who
from tests.web.sign_on.crooked import ANOTHER_KEY, Crooked, public_pem

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another client"},
        {"aud": ["sandglass", "another"], "azp": "another"},
        {"iss": "https://evil.example"},
        {"exp": 1_700_000_000},
        {"iat": 32_503_680_000},
        {"nonce": "that of another sign-in"},
        {"nonce": None},
        {"exp": None},
        {"sub": "somebody-else"},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(
    site: Any, provider: Crooked, ada: User, claims: dict[str, Any], caplog: Any
) -> None:
    provider.claims = claims
    refused(provider, caplog)


@pytest.mark.parametrize(
    ("key", "algorithm", "header"),
    [
        (ANOTHER_KEY, "RS256", {"kid": "one"}),
        (ANOTHER_KEY, "RS256", {"kid": "unknown"}),
        (None, "none", {"kid": "one"}),
        ("a short secret of thirty-two bytes", "HS256", {"kid": "one"}),
    ],
    ids=["foreign key", "foreign kid", "none", "HS256"],
)
def test_a_token_that_nobody_signed_is_refused(
    site: Any, provider: Crooked, ada: User, key: Any, algorithm: str, header: Any, caplog: Any
) -> None:
    provider.key, provider.algorithm, provider.header = key, algorithm, header
    refused(provider, caplog)


def test_the_public_key_is_no_secret_to_sign_with(
    site: Any, provider: Crooked, ada: User, caplog: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our own library would not sign with it; another may."""

    def packed(part: Any) -> bytes:
        return base64.urlsafe_b64encode(part).rstrip(b"=")

    def forged() -> str:
        real = Crooked.id_token(provider).split(".")[1].encode()
        head = packed(json.dumps({"alg": "HS256", "kid": "one"}).encode())
        signature = hmac.new(public_pem(), head + b"." + real, hashlib.sha256).digest()
        return b".".join([head, real, packed(signature)]).decode()

    monkeypatch.setattr(provider, "id_token", forged)
    refused(provider, caplog)


def refused(provider: Crooked, caplog: Any) -> None:
    client = Client()
    page = comes_back(client, provider)
    assert provider.tokens_given == 1  # so it is the token that is refused
    assert page.status_code == 400
    assert main(page).startswith("Sign in with Campus This sign-in cannot be finished")
    assert [who(client), SocialAccount.objects.count()] == ["nobody", 0]
    assert any("is refused: " in line for line in caplog.messages)


def test_an_answer_is_good_once(site: Any, provider: Crooked, ada: User) -> None:
    client = Client()
    _, provider.asked = begin(client)
    answer = {"code": "a code", "state": provider.asked["state"]}
    assert client.get(BACK, answer).status_code == 302
    assert client.get(BACK, answer).status_code == 400
    client.post("/sign-out/")
    assert client.get(BACK, answer).status_code == 400
    assert (provider.tokens_given, who(client)) == (1, "nobody")


def test_an_answer_is_good_in_the_browser_that_asked(
    site: Any, provider: Crooked, ada: User
) -> None:
    """So nobody is made to sign in as somebody else by a link."""
    _, provider.asked = begin(Client())
    victim = Client()
    answer = {"code": "a code", "state": provider.asked["state"]}
    assert victim.get(BACK, answer).status_code == 400
    assert provider.tokens_given == 0


def test_an_answer_comes_within_ten_minutes(site: Any, provider: Crooked, ada: User) -> None:
    client = Client()
    _, provider.asked = begin(client)
    with time_machine.travel(time.time() + 601, tick=True):
        page = client.get(BACK, {"code": "c", "state": provider.asked["state"]})
    assert (page.status_code, provider.tokens_given) == (400, 0)


@pytest.mark.parametrize("query", [{}, {"state": "made up", "code": "x"}, {"code": "x"}])
def test_an_answer_to_nothing(site: Any, provider: Crooked, query: dict[str, str]) -> None:
    assert Client().get(BACK, query).status_code == 400


def test_who_calls_it_off_is_told_so(site: Any, provider: Crooked) -> None:
    client = Client()
    _, asked = begin(client)
    page = client.get(BACK, {"error": "access_denied", "state": asked["state"]})
    assert (page.status_code, "You have not signed in" in main(page)) == (403, True)


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_signing_in_leads_nowhere_else(
    site: Any, provider: Crooked, ada: User, elsewhere: str
) -> None:
    answer = comes_back(Client(), provider, f"?next={elsewhere}")
    assert (answer.status_code, answer["Location"]) == (302, "/")
