"""What comes in a platform's name and is not what was asked for: refused, told, and logged.

The platform beside signs most of the forgeries itself, with its real key: so the check that is
meant is the one that refuses. The cause stands in the log, and no part of a token ever does.
"""

from __future__ import annotations

import logging
import time
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from django.utils import timezone

from grader.lti import launches, logins, platform_keys
from grader.lti.refusals import SENTENCES, LtiRefused
from grader.models import LtiAccount, LtiLogin
from tests.lti.beside import PlatformBeside
from tests.lti.campus import Browser, Campus
from tests.web.reading import main

pytestmark = pytest.mark.django_db
CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
ELSEWHERE = "https://evil.example"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
NOW = int(time.time())
HOUR = 3600
DAY = 24 * HOUR

FORGED: dict[str, tuple[str, dict[str, Any]]] = {
    # What is forged: the cause in the log, and what the message says instead of the truth.
    "wrong audience": ("audience", {"claims": {"aud": "another tool"}}),
    "audience of several": (
        "authorized party",
        {"claims": {"aud": ["10000000000001", "another tool"], "azp": None}},
    ),
    "azp of another": ("authorized party", {"claims": {"azp": "another tool"}}),
    "no audience": ("audience", {"claims": {"aud": None}}),
    "wrong issuer": ("issuer", {"claims": {"iss": ELSEWHERE}}),
    "invented nonce": ("nonce", {"claims": {"nonce": "invented"}}),
    "no nonce": ("nonce", {"claims": {"nonce": None}}),
    "expired": ("expired", {"claims": {"exp": NOW - 61, "iat": NOW - HOUR}}),
    "expires never": ("time missing", {"claims": {"exp": None}}),
    "expires at no number": ("time missing", {"claims": {"exp": "2099-01-01"}}),
    "issued in the future": (
        "issued in the future",
        {"claims": {"iat": NOW + DAY, "exp": NOW + 2 * DAY}},
    ),
    "not before the future": ("issued in the future", {"claims": {"nbf": NOW + DAY}}),
    "alg none": ("algorithm", {"header": {"alg": "none"}}),
    "HS256 by the public key": ("algorithm", {"header": {"alg": "HS256"}}),
    "foreign deployment": ("deployment unknown", {"claims": {f"{CLAIM}deployment_id": "9"}}),
    "no deployment": ("deployment unknown", {"claims": {f"{CLAIM}deployment_id": None}}),
    "foreign key id": ("key unknown", {"header": {"kid": "foreign"}}),
    "another version": ("version", {"claims": {f"{CLAIM}version": "1.1"}}),
    "unknown message": ("message unknown", {"claims": {f"{CLAIM}message_type": "LtiDelete"}}),
    "leads elsewhere": (
        "other site",
        {"claims": {f"{CLAIM}target_link_uri": f"{ELSEWHERE}/lti/launch"}},
    ),
    "leads elsewhere by its name": (
        "other site",
        {"claims": {f"{CLAIM}target_link_uri": "http://testserver.evil.example/lti/launch"}},
    ),
    "leads nowhere": ("other site", {"claims": {f"{CLAIM}target_link_uri": None}}),
    "no link": ("link missing", {"claims": {f"{CLAIM}resource_link": {}}}),
    "no course": ("context missing", {"claims": {f"{CLAIM}context": None}}),
    "nobody": ("anonymous", {"claims": {"sub": None}}),
    "test student": ("test student", {"claims": {f"{CLAIM}roles": [TEST_USER]}}),
    "no token": ("token malformed", {"repeat": "no token"}),
}


@pytest.fixture
def campus(canvas: PlatformBeside) -> Campus:
    made = Campus(canvas)
    made.connect()
    return made


class Refusals:
    """The causes that were logged, and all that was logged."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._log = caplog

    def causes(self) -> list[str]:
        lines = [r for r in self._log.records if r.name == "web.lti_gate"]
        assert all(line.levelno == logging.WARNING for line in lines)
        return [line.getMessage().rpartition(": ")[2] for line in lines]

    def all(self) -> str:
        return "\n".join(record.getMessage() for record in self._log.records)


@pytest.fixture
def refusals(caplog: pytest.LogCaptureFixture) -> Refusals:
    caplog.set_level(logging.INFO)
    return Refusals(caplog)


def look_refused(answer: Any, sentence: str = "", name: str = "") -> None:
    """A page that says what to do; nobody is signed in, nothing is linked."""
    assert answer.status_code == 403, name
    assert "The link did not open" in main(answer)
    assert sentence in main(answer)
    assert "sessionid" not in answer.cookies
    assert not LtiAccount.objects.exists()


def test_a_forged_message(campus: Campus, refusals: Refusals) -> None:
    """Each in turn: refused for its own reason, and the login is not used up by it."""
    for name, (cause, change) in FORGED.items():
        campus.beside.admin("world", change=change)
        browser = Browser()
        message = browser.message(browser.begin(campus.beside, "101"))
        answer = browser.post("/lti/launch", message)
        look_refused(answer, SENTENCES.get(cause, "nobody was signed in"), name)
        assert (name, refusals.causes().pop()) == (name, cause)
        parts = [part for part in message["id_token"].split(".") if part]
        assert not any(part in refusals.all() for part in parts), name
        assert LtiLogin.objects.get(state=message["state"]).used_at is None, name
    assert len(refusals.causes()) == len(FORGED)


def test_a_clock_that_is_a_little_wrong(campus: Campus) -> None:
    """A minute either way is taken for one: Moodle's own messages hold no longer."""
    claims = {"iat": int(time.time()) + 45, "exp": int(time.time()) - 15}
    campus.beside.admin("world", change={"claims": claims})
    assert Browser().open(campus.beside, "101").status_code == 302


def test_a_launch_that_is_sent_again(campus: Campus, refusals: Refusals) -> None:
    """The same form, from the same browser: once."""
    browser = Browser()
    message = browser.message(browser.begin(campus.beside, "101"))
    assert browser.post("/lti/launch", message).status_code == 302
    LtiAccount.objects.all().delete()
    again = Browser()
    again.cookies.update({k: v for k, v in browser.cookies.items() if k.startswith("lti-")})
    look_refused(again.post("/lti/launch", message), "used before")
    assert refusals.causes() == ["used"]


def test_an_old_message_with_a_new_state(campus: Campus, refusals: Refusals) -> None:
    """A nonce belongs to its state; one that was used, to none."""
    old, new = Browser(), Browser()
    message = old.message(old.begin(campus.beside, "101"))
    unused = new.message(new.begin(campus.beside, "101"))["state"]
    look_refused(new.post("/lti/launch", {**message, "state": unused}))
    assert old.post("/lti/launch", message).status_code == 302
    LtiAccount.objects.all().delete()
    look_refused(new.post("/lti/launch", {**message, "state": unused}))
    assert refusals.causes() == ["nonce", "nonce"]


def test_an_old_state_with_a_new_message(campus: Campus, refusals: Refusals) -> None:
    browser = Browser()
    first = browser.message(browser.begin(campus.beside, "101"))
    second = browser.message(browser.begin(campus.beside, "101"))
    assert browser.post("/lti/launch", first).status_code == 302
    LtiAccount.objects.all().delete()
    browser.cookies.pop("sessionid")
    look_refused(browser.post("/lti/launch", {**second, "state": first["state"]}))
    assert refusals.causes() == ["used"]


def test_another_browser(campus: Campus, refusals: Refusals) -> None:
    """Who is given another's message signs in as nobody; a stranger's cookie does not help."""
    message = (mine := Browser()).message(mine.begin(campus.beside, "101"))
    answer = Browser().post("/lti/launch", message)
    look_refused(answer, "Open it in a new tab")
    assert f"/lti/login?iss={campus.beside.issuer.replace(':', '%3A').replace('/', '%2F')}" in (
        answer.content.decode()
    )
    stranger = Browser()
    stranger.begin(campus.beside, "102")
    look_refused(stranger.post("/lti/launch", message))
    assert refusals.causes() == ["other browser", "other browser"]
    assert mine.post("/lti/launch", message).status_code == 302


def test_the_way_after_a_launch_is_for_its_browser(campus: Campus, refusals: Refusals) -> None:
    there = Browser().open(campus.beside, "102")["Location"]
    look_refused(Browser().get(there))
    look_refused(Browser().post(there, {"act": "link"}))
    assert refusals.causes() == ["other browser", "other browser"]


def test_a_state_that_nobody_gave(campus: Campus, refusals: Refusals) -> None:
    message = (browser := Browser()).message(browser.begin(campus.beside, "101"))
    look_refused(browser.post("/lti/launch", {**message, "state": "invented"}))
    look_refused(browser.post("/lti/launch", {"id_token": message["id_token"]}))
    assert refusals.causes() == ["state unknown", "incomplete"]


def test_a_message_of_a_stranger_with_the_name_of_a_real_key(
    campus: Campus, refusals: Refusals
) -> None:
    browser = Browser()
    message = browser.message(browser.begin(campus.beside, "101"))
    claims = jwt.decode(message["id_token"], options={"verify_signature": False})
    header = jwt.get_unverified_header(message["id_token"])
    own = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forged = jwt.encode(claims, own, "RS256", {"kid": header["kid"]})
    look_refused(browser.post("/lti/launch", {**message, "id_token": forged}))
    # The real one with one claim changed, and the real signature below it.
    head, body, signature = message["id_token"].split(".")
    swapped = jwt.encode({**claims, "sub": "301"}, own, "RS256").split(".")[1]
    mixed = f"{head}.{swapped}.{signature}"
    look_refused(browser.post("/lti/launch", {**message, "id_token": mixed}))
    assert body not in refusals.all()
    assert refusals.causes() == ["signature", "signature"]


def test_of_two_at_the_same_moment_one_passes(campus: Campus) -> None:
    """Both have read the row before either has marked it."""
    browser = Browser()
    message = browser.message(browser.begin(campus.beside, "101"))
    stale = launches.login_of(message["state"])
    assert browser.post("/lti/launch", message).status_code == 302
    with pytest.raises(LtiRefused, match="used before"):
        launches.receive(stale, message["id_token"], origin="http://testserver", now=timezone.now())


def test_a_login_that_waits_too_long(campus: Campus, refusals: Refusals) -> None:
    browser = Browser()
    message = browser.message(browser.begin(campus.beside, "101"))
    LtiLogin.objects.update(created_at=timezone.now() - logins.GOOD_FOR * 2)
    look_refused(browser.post("/lti/launch", message), "Too much time")
    assert refusals.causes() == ["login too old"]


NOT_TAKEN: list[tuple[dict[str, str], str]] = [
    ({"iss": ELSEWHERE}, "platform unknown"),
    ({"client_id": "another"}, "platform unknown"),
    ({"lti_deployment_id": "9"}, "deployment unknown"),
    ({"target_link_uri": f"{ELSEWHERE}/lti/launch"}, "other site"),
    ({"target_link_uri": "//["}, "other site"),
    ({"login_hint": ""}, "incomplete"),
    ({"login_hint": "x" * 5000}, "incomplete"),
    ({"login_hint": "a\0b"}, "incomplete"),
    ({"iss": ""}, "incomplete"),
]


def test_a_login_that_is_not_taken(campus: Campus, refusals: Refusals) -> None:
    for changed, cause in NOT_TAKEN:
        look_refused(Browser().begin(campus.beside, "101", **changed), name=str(changed))
        assert (changed, refusals.causes().pop()) == (changed, cause)
    assert not LtiLogin.objects.exists()


def test_keys_that_are_too_weak_or_of_another_kind(campus: Campus) -> None:
    """A key set is other people's text."""
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key()
    listed: Any = [
        {**jwt.algorithms.RSAAlgorithm.to_jwk(weak, as_dict=True), "kid": "weak"},
        {"kty": "oct", "kid": "secret", "k": "c2VjcmV0"},
        {"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"},
        {"kty": "RSA"},
        "no key",
    ]
    good = requests.get(campus.beside.jwks_url, timeout=30).json()["keys"]
    assert list(platform_keys._usable({"keys": [*listed, *good]})) == [good[0]["kid"]]
    useless: list[Any] = [[], None, {"keys": "x"}]
    assert [platform_keys._usable(each) for each in useless] == [{}, {}, {}]


def test_many_logins_from_one_address_are_held_up(campus: Campus, settings: Any) -> None:
    from limits import parse

    from web import rate_limits

    rate_limits.start_anew()
    settings.SANDGLASS_LIMITS = {**settings.SANDGLASS_LIMITS, "lti": parse("2/minute")}
    answers = [Browser().begin(campus.beside, "101").status_code for _ in range(3)]
    rate_limits.start_anew()
    assert answers == [302, 302, 429]
