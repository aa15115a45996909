"""Registering a platform: by the operator's command, and by a platform that was invited."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.core.management import CommandError
from django.test import Client
from django.utils import timezone

from grader.lti import outside, registration
from grader.lti.platforms import framing_origins
from grader.models import LtiDeployment, LtiInvitation, LtiKey, LtiPlatform
from tests.lti.beside import CLIENT_ID, DEPLOYMENT_ID, REGISTRATION_TOKEN, PlatformBeside
from tests.lti.campus import SITE, Browser, manage
from tests.web.reading import main

pytestmark = pytest.mark.django_db
ADD = (
    "add",
    "--client-id=7",
    "--name=HKUST Canvas",
    "--issuer=https://canvas.instructure.com",
    "--auth-url=https://sso.canvaslms.com/api/lti/authorize_redirect",
    "--token-url=https://sso.canvaslms.com/login/oauth2/token",
    "--jwks-url=https://sso.canvaslms.com/api/lti/security/jwks",
    "--dialect=canvas",
)


def test_an_operator_registers_a_platform_and_reads_what_to_enter() -> None:
    said = manage(
        *ADD, "--deployment=1:a", "--deployment=2:b", "--frame-origin=https://canvas.ust.hk"
    )
    platform = LtiPlatform.objects.get()
    assert (platform.name, platform.client_id, platform.dialect) == ("HKUST Canvas", "7", "canvas")
    assert list(LtiDeployment.objects.values_list("deployment_id", flat=True)) == ["1:a", "2:b"]
    for address in ("login", "launch", "deep-link", "jwks", "canvas.json"):
        assert f"{SITE}/lti/{address}" in said
    assert framing_origins(platform) == [
        "https://*.instructure.com",
        "https://canvas.instructure.com",
        "https://canvas.ust.hk",
        "https://sso.canvaslms.com",
    ]
    assert manage("show", str(platform.pk)) == said
    assert manage("list").startswith(f"{platform.pk}  HKUST Canvas: https://canvas.instr")
    # Once more changes it; there is one platform of an issuer and a client id.
    manage(*ADD, "--name=Canvas")
    assert LtiPlatform.objects.get().name == "Canvas"
    manage("deployment", str(platform.pk), "3:c")
    assert LtiDeployment.objects.count() == 3


def test_a_platform_tells_all_its_addresses_itself(platform: PlatformBeside) -> None:
    address = f"{platform.url}/openid-configuration"
    manage("add", "--client-id=7", "--openid-configuration", address)
    made = LtiPlatform.objects.get()
    assert (made.issuer, made.auth_url) == (platform.issuer, platform.auth_url)
    assert (made.token_url, made.jwks_url) == (platform.token_url, platform.jwks_url)
    assert made.dialect == platform.kind


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "--client-id=7", "--issuer=https://a.example"), "--openid-configuration"),
        ((*ADD, "--auth-url=http://sso.example/login"), "does not begin with https://"),
        ((*ADD, "--jwks-url=https://me:word@sso.example"), "a name or a password"),
        ((*ADD, "--jwks-url=https://[::1"), "is no address"),
        ((*ADD, "--client-id= "), "client id has 1 to 255"),
        ((*ADD, "--frame-origin=https://a.example; script-src *"), "is no origin"),
        ((*ADD, "--deployment="), "1 to 255 characters"),
        (("show", "999"), "lti_platform list"),
        (("unlink", "999", "nobody@example.edu"), "Nobody here has the address"),
    ],
)
def test_what_cannot_be_registered_says_why(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError, match=re.escape(said)):
        manage(*words)
    assert not LtiPlatform.objects.exists()


def test_a_developer_key_for_canvas() -> None:
    key = Client().get("/lti/canvas.json").json()
    assert key["oidc_initiation_url"] == f"{SITE}/lti/login"
    assert key["redirect_uris"] == [f"{SITE}/lti/launch"]
    assert key["custom_fields"]["sis_user_id"] == "$Canvas.user.sisSourceId"
    assert len(key["scopes"]) == 4
    [course, choice] = key["extensions"][0]["settings"]["placements"]
    assert (course["placement"], course["windowTarget"]) == ("course_navigation", "_blank")
    assert choice["target_link_uri"] == f"{SITE}/lti/deep-link"


def invitation(**words: Any) -> str:
    said = manage("invite", *(f"--{name}={value}" for name, value in words.items()))
    found = re.search(r"invitation=(\S+)", said)
    assert found is not None
    return found[1]


def registers(beside: PlatformBeside, word: str, **instead: str) -> Any:
    """What the platform's own page opens, when its administrator enters our address."""
    asked = {
        "invitation": word,
        "openid_configuration": f"{beside.url}/openid-configuration",
        "registration_token": REGISTRATION_TOKEN,
        **instead,
    }
    return Client().get("/lti/register", asked)


def test_an_invited_platform_registers_itself_once(platform: PlatformBeside) -> None:
    word = invitation(name="Our LMS")
    assert word not in LtiInvitation.objects.get().digest
    page = registers(platform, word)
    assert (page.status_code, "Registered" in main(page)) == (200, True)
    assert f"frame-ancestors {platform.url}" in page["Content-Security-Policy"]
    made = LtiPlatform.objects.get()
    assert (made.name, made.client_id, made.dialect) == ("Our LMS", CLIENT_ID, platform.kind)
    assert LtiDeployment.objects.get().deployment_id == DEPLOYMENT_ID
    [asked] = platform.state()["registrations"]
    assert (asked["initiate_login_uri"], asked["jwks_uri"]) == (
        f"{SITE}/lti/login",
        f"{SITE}/lti/jwks",
    )
    # What it was told is enough for a launch.
    assert Browser().open(platform, "101").status_code == 302
    again = registers(platform, word)
    assert again.status_code == 403
    assert "unknown, used or older" in main(again)


def test_without_an_invitation_nobody_registers(canvas: PlatformBeside) -> None:
    word = invitation()
    LtiInvitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    for tried in ("", "invented", word):
        assert registers(canvas, tried).status_code == 403
    assert canvas.state()["registrations"] == []
    assert not LtiPlatform.objects.exists()
    registration.forget_old(now=timezone.now())
    assert not LtiInvitation.objects.exists()


def test_an_invitation_is_kept_for_another_try(canvas: PlatformBeside) -> None:
    word = invitation()
    wrong = {
        "registration_token": "wrong",
        "openid_configuration": "http://localhost:1/openid-configuration",
    }
    for name, value in wrong.items():
        assert registers(canvas, word, **{name: value}).status_code == 403
    assert registers(canvas, word).status_code == 200


def test_an_invitation_changes_no_platform_that_is_here(canvas: PlatformBeside) -> None:
    registers(canvas, invitation())
    LtiPlatform.objects.update(name="as it was")
    page = registers(canvas, invitation(name="another"))
    assert (page.status_code, LtiPlatform.objects.get().name) == (403, "as it was")


def test_nobody_registers_in_the_name_of_another_host(canvas: PlatformBeside) -> None:
    """The same server under its other name: its issuer is not at the host that was asked."""
    address = f"{canvas.url}/openid-configuration".replace("127.0.0.1", "localhost")
    page = registers(canvas, invitation(), openid_configuration=address)
    assert page.status_code == 403
    assert "is at another host" in main(page)


def test_a_private_address_is_not_asked(canvas: PlatformBeside, settings: Any) -> None:
    """By its number, and by a name that leads there: the connection ends before a word is said."""
    settings.SANDGLASS_LTI_PRIVATE = False
    page = registers(canvas, invitation())
    assert "does not begin with https://" in main(page)
    before = canvas.state()["answered"]
    for host in ("127.0.0.1", "localhost"):
        address = canvas.url.replace("http://127.0.0.1", f"https://{host}")
        with pytest.raises(outside.OutsideFailed, match="could not be asked: ConnectionError"):
            outside.fetch_json(address)
    with outside.new_session() as session, pytest.raises(requests.ConnectionError):
        session.get(f"{canvas.url}/openid-configuration", timeout=5)
    assert canvas.state()["answered"] == before


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ({"what": "redirect"}, "answered 302"),
        ({"what": "garbage"}, "did not answer with JSON"),
        ({"what": "500"}, "answered 500"),
        ({"what": "dead"}, "could not be asked"),
    ],
)
def test_a_server_that_answers_badly(
    canvas: PlatformBeside, trouble: dict[str, str], said: str
) -> None:
    canvas.trouble("jwks", **trouble)
    with pytest.raises(outside.OutsideFailed, match=said):
        outside.fetch_json(canvas.jwks_url)


def test_a_server_that_answers_without_end(
    canvas: PlatformBeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "_MOST_BYTES", 100)
    with pytest.raises(outside.OutsideFailed, match="more than 100 bytes"):
        outside.fetch_json(canvas.jwks_url)


def test_keys_are_replaced_by_a_command() -> None:
    assert "stay published for a week" in manage("rotate-keys")
    manage("rotate-keys", "--now")
    assert LtiKey.objects.filter(retires_at__isnull=True).count() == 1
    assert len(Client().get("/lti/jwks").json()["keys"]) == 1
