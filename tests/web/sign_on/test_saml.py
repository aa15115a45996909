"""Signing in by SAML: answers that a provider signs, and answers that nobody should believe."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.conf import settings as live
from django.contrib.sessions.models import Session
from django.test import Client
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.utils import OneLogin_Saml2_Utils as Tools

from grader.models import User
from grader.settings.sign_on import Saml
from tests.web.reading import main
from tests.web.sign_on.browsing import who
from tests.web.sign_on.crooked import Crooked
from tests.web.sign_on.identity_provider import (
    ANOTHER_KEY,
    CERTIFICATE,
    ENTITY,
    KEY,
    MAIL,
    METADATA,
    OLD_KEY,
    Answer,
    pem,
    request_of,
)
from web.sign_on import saml

pytestmark = pytest.mark.django_db
BACK, DONE = "/sign-in/saml/back/", "/sign-in/saml/done/"
PLAIN = {
    "metadata": METADATA,
    "metadata_url": "",
    "idp": "",
    "entity_id": "",
    "key_text": "",
    "certificate": "",
    "name": "Campus",
    "domains": ("example.edu",),
    "email_attribute": "",
    "name_attribute": "",
    "id_attribute": "",
}


@pytest.fixture
def site(settings: Any) -> Any:
    """The settings of a site that trusts the provider."""
    return offering(settings)


def offering(settings: Any, **fields: Any) -> Any:
    settings.SANDGLASS_SAML = Saml(**{**PLAIN, **fields})
    settings.DEBUG = True  # the test client speaks without TLS, and its host has no dot
    settings.ROOT_URLCONF = "tests.web.sign_on.urls"
    return settings


def begin(client: Client, query: str = "") -> str:
    """The number of the request that the reader is sent away with."""
    xml, _ = request_of(client.get(f"/sign-in/saml/{query}")["Location"])
    [number] = re.findall(r'\sID="(\S+)"', xml)
    return str(number)


def comes_back(client: Client, text: str) -> Any:
    """The answer by a form of the provider's page: cross-site, so without our session."""
    elsewhere = Client(enforce_csrf_checks=True)
    kept = elsewhere.post(BACK, {"SAMLResponse": text, "RelayState": "https://evil.example/"})
    if kept.status_code != 302:
        return kept
    assert kept["Location"] == DONE
    client.cookies["saml-answer"] = elsewhere.cookies["saml-answer"].value
    return client.get(DONE)


def refused(answer: Any, client: Client) -> None:
    assert answer.status_code == 400
    assert main(answer).startswith("Sign in with Campus This sign-in cannot be finished")
    assert [who(client), SocialAccount.objects.count()] == ["nobody", 0]


@pytest.mark.parametrize("signs", [("assertion",), ("response",), ("assertion", "response")])
@pytest.mark.parametrize("key", [KEY, OLD_KEY], ids=["key", "the key before"])
def test_a_person_on_the_roll_gets_in_and_is_where_they_wanted(
    site: Any, ada: User, signs: tuple[str, ...], key: Any
) -> None:
    """While a provider changes its key, its metadata have both."""
    client = Client()
    answer = Answer(begin(client, "?next=/c/comp4551/"), signs=signs, key=key)
    back = comes_back(client, answer.text())
    assert (back.status_code, back["Location"]) == (302, "/c/comp4551/")
    assert who(client) == "ada@example.edu"
    [row] = SocialAccount.objects.all()
    assert (row.provider, row.uid, row.extra_data) == (f"saml {ENTITY}", "ada-1", {})


def test_the_request(site: Any) -> None:
    sent = Client().get("/sign-in/saml/?RelayState=https://evil.example/")["Location"]
    assert sent.startswith("https://idp.example.edu/sso?")
    xml, beside = request_of(sent)
    assert 'AssertionConsumerServiceURL="http://testserver/sign-in/saml/back/"' in xml
    assert "<saml:Issuer>http://testserver/sign-in/saml/metadata.xml</saml:Issuer>" in xml
    assert "ForceAuthn" not in xml
    assert beside == {}
    again, _ = request_of(Client().get("/sign-in/saml/?again=yes")["Location"])
    assert 'ForceAuthn="true"' in again


def test_our_metadata(site: Any) -> None:
    """Read by what validates metadata; without a place to sign out, which we have not."""
    page = Client().get("/sign-in/saml/metadata.xml")
    assert page["Content-Type"] == "application/samlmetadata+xml"
    text = page.content.decode()
    assert 'Location="http://testserver/sign-in/saml/back/"' in text
    assert "SingleLogoutService" not in text
    own = OneLogin_Saml2_Settings(
        {"strict": True, "sp": {"entityId": "x", "assertionConsumerService": {"url": SITE_URL}}},
        sp_validation_only=True,
    )
    assert own.validate_metadata(page.content) == []


SITE_URL = "https://sandglass.example.edu/"


def test_with_a_key_requests_are_signed_and_answers_may_be_sealed(settings: Any, ada: User) -> None:
    offering(settings, key_text=pem(KEY), certificate=CERTIFICATE)
    client = Client()
    sent = client.get("/sign-in/saml/")["Location"]
    xml, beside = request_of(sent)
    assert beside["SigAlg"].endswith("#rsa-sha256")
    assert "X509Certificate" in Client().get("/sign-in/saml/metadata.xml").content.decode()
    [number] = re.findall(r'\sID="(\S+)"', xml)
    answer = Answer(number, sealed_for=CERTIFICATE).text()
    assert b"ada@example.edu" not in base64.b64decode(answer)
    assert comes_back(client, answer).status_code == 302
    assert who(client) == "ada@example.edu"


def test_the_session_is_ours(site: Any, ada: User) -> None:
    client = Client()
    answer = comes_back(client, Answer(begin(client)).text())
    assert answer.cookies[live.SESSION_COOKIE_NAME].value
    assert answer.cookies["saml-answer"].value == ""
    assert client.session["_auth_user_backend"] == "web.sign_in.Backend"
    assert [row.pk for row in Session.objects.all()] == [client.session.session_key]
    assert "no-store" in answer["Cache-Control"]


def test_the_waiting_answer_is_for_one_page_and_no_script(site: Any) -> None:
    kept = Client().post(BACK, {"SAMLResponse": "text"})
    cookie = kept.cookies["saml-answer"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (DONE, True, "Lax")
    assert "no-store" in kept["Cache-Control"]


@pytest.mark.parametrize("email", ["ada@evil.example", "ada@sub.example.edu", "ada@example.edu.x"])
def test_the_provider_is_no_authority_for_other_domains(site: Any, email: str) -> None:
    User.objects.create_user(email, "Ada")
    client = Client()
    page = comes_back(client, Answer(begin(client), email=email).text())
    assert page.status_code == 403
    assert (who(client), SocialAccount.objects.count()) == ("nobody", 0)


def test_a_stranger_is_told_what_to_do(site: Any) -> None:
    client = Client()
    page = comes_back(client, Answer(begin(client), email="eve@example.edu").text())
    assert page.status_code == 403
    assert "ask the course's staff to put eve@example.edu on the roll" in main(page)
    assert User.objects.count() == 0


def test_a_name_for_one_sign_in_alone_names_nobody(site: Any, ada: User) -> None:
    """Then the address does, every time."""
    passing = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
    for name in ("_one", "_two"):
        client = Client()
        answer = Answer(begin(client), name_id=name, name_format=passing)
        assert comes_back(client, answer.text()).status_code == 302
    assert [row.uid for row in SocialAccount.objects.all()] == ["ada@example.edu"]


def test_attributes_may_have_other_names(settings: Any, ada: User) -> None:
    offering(settings, email_attribute="post", id_attribute="number", name_attribute="called")
    client = Client()
    said = {"post": "ada@example.edu", "number": "7", MAIL: "eve@example.edu"}
    assert comes_back(client, Answer(begin(client), attributes=said).text()).status_code == 302
    assert SocialAccount.objects.get().uid == "7"


# --- forgeries ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"audience": "https://another.example.edu/"},
        {"issuer": "https://evil.example/"},
        {"destination": "https://another.example.edu/back/"},
        {"made": timedelta(hours=-1)},
        {"made": timedelta(hours=1)},
        {"signs": ()},
        {"key": ANOTHER_KEY},
        {"algorithm": "http://www.w3.org/2000/09/xmldsig#rsa-sha1"},
        {"confirms": "_another"},
        {"confirms": ""},
        {"request": ""},
        {"request": "_made-up"},
        {"status": "urn:oasis:names:tc:SAML:2.0:status:Responder"},
        {"email": "", "name_id": ""},
    ],
    ids=str,
)
def test_an_answer_that_is_not_for_this_sign_in_is_refused(
    site: Any, ada: User, changed: dict[str, Any]
) -> None:
    client = Client()
    answer = Answer(begin(client))
    refused(comes_back(client, replace(answer, **changed).text()), client)


def test_an_answer_is_good_once(site: Any, ada: User) -> None:
    client = Client()
    text = Answer(begin(client)).text()
    assert comes_back(client, text).status_code == 302
    assert comes_back(client, text).status_code == 400
    client.post("/sign-out/")
    assert comes_back(client, text).status_code == 400
    assert who(client) == "nobody"


def test_an_answer_is_good_in_the_browser_that_asked(site: Any, ada: User) -> None:
    """So a stolen one opens nothing, and nobody is made to be somebody else."""
    text = Answer(begin(Client())).text()
    other = Client()
    begin(other)
    refused(comes_back(other, text), other)


def test_a_stolen_answer_under_another_request(site: Any, ada: User) -> None:
    """Only the assertion is signed; what stands round it is the thief's to write."""
    stolen = Answer(begin(Client())).xml()
    thief = Client()
    text = stolen.replace('Destination="', f'InResponseTo="{begin(thief)}" Destination="')
    [first] = re.findall(r'Destination="\S+" InResponseTo="\S+"', text)
    text = text.replace(first, first.partition(" ")[0])
    refused(comes_back(thief, base64.b64encode(text.encode()).decode()), thief)


def mine(answer: Answer) -> str:
    """An assertion that nobody signed, of another person."""
    return replace(answer, email="eve@example.edu", name_id="eve-1", signs=())._assertion()


@pytest.mark.parametrize("where", ["before", "after", "inside", "round"])
def test_an_assertion_that_is_wrapped_is_not_the_one_that_is_signed(
    site: Any, ada: User, where: str
) -> None:
    eve = User.objects.create_user("eve@example.edu", "Eve")
    client = Client()
    answer = Answer(begin(client))
    xml, forged = answer.xml(), mine(answer)
    [signed] = re.findall(r"<saml:Assertion .*?</saml:Assertion>", xml, re.DOTALL)
    wrapped = {
        "before": forged + signed,
        "after": signed + forged,
        "inside": signed.replace("<saml:Subject>", f"{forged}<saml:Subject>"),
        "round": forged.replace(
            "</saml:AttributeStatement>",
            f"</saml:AttributeStatement><saml:Advice>{signed}</saml:Advice>",
        ),
    }[where]
    text = base64.b64encode(xml.replace(signed, wrapped).encode()).decode()
    refused(comes_back(client, text), client)
    assert not SocialAccount.objects.filter(user=eve).exists()


def test_a_changed_word_breaks_the_signature(site: Any, ada: User) -> None:
    client = Client()
    xml = Answer(begin(client), email="eve@example.edu").xml()
    text = base64.b64encode(xml.replace("eve@", "ada@").encode()).decode()
    refused(comes_back(client, text), client)


def test_a_comment_ends_no_address(site: Any, ada: User) -> None:
    """Signatures leave comments out, so one can be put in afterwards."""
    client = Client()
    xml = Answer(begin(client), email="ada@example.edu.evil.example").xml()
    cut = xml.replace("ada@example.edu.evil", "ada@example.edu<!-- -->.evil")
    answer = comes_back(client, base64.b64encode(cut.encode()).decode())
    assert answer.status_code in {400, 403}
    assert who(client) == "nobody"


@pytest.mark.parametrize(
    "text",
    [
        "no base64!",
        base64.b64encode(b"no XML").decode(),
        base64.b64encode(b"<a/>").decode(),
        base64.b64encode(
            b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'
        ).decode(),
        base64.b64encode(b"\xff\x00").decode(),
        "",
        "a" * 200_001,
    ],
    ids=range(7),
)
def test_garbage_is_refused(site: Any, text: str) -> None:
    client = Client()
    begin(client)
    refused(comes_back(client, text), client)


def test_nothing_waits(site: Any) -> None:
    client = Client()
    refused(client.get(DONE), client)
    client.cookies["saml-answer"] = "made up"
    refused(client.get(DONE), client)


# --- metadata by their address --------------------------------------------------------------------


def test_metadata_are_asked_for_and_kept_for_when_nobody_answers(
    settings: Any, provider: Crooked, ada: User
) -> None:
    there: list[bytes] = [METADATA.encode()]
    asked: list[str] = []

    def answer(path: str, form: Any) -> tuple[int, bytes]:
        asked.append(path)
        return (200, there[0]) if there else (500, b"")

    provider.answer = answer  # type: ignore[method-assign]
    offering(settings, metadata="", metadata_url=f"{provider.url}/metadata")
    client = Client()
    assert comes_back(client, Answer(begin(client)).text()).status_code == 302
    assert asked == ["/metadata"]
    for said in ([], [b"garbage"]):
        there[:] = said
        later(saml)
        client = Client()
        assert comes_back(client, Answer(begin(client)).text()).status_code == 302
    saml._heard.clear()
    there.clear()
    page = Client().get("/sign-in/saml/")
    assert (page.status_code, "Campus does not answer as it should" in main(page)) == (503, True)


def later(module: Any) -> None:
    """An hour passes."""
    module._heard = {place: (0.0, text) for place, (_, text) in module._heard.items()}


def test_the_tools_sign() -> None:
    """What the tests above call signed really is."""
    assert Tools.validate_sign(Answer("_x").xml(), cert=CERTIFICATE)
