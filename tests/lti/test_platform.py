"""The platform beside the tests does what it is believed to do; no part of ours acts here."""

from __future__ import annotations

import re
import time
import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests.lti.beside import PlatformBeside
from tests.lti.platform.services import BEARER, SCORE
from tests.lti.platform.world import AGS, CONTEXT
from tests.lti.tool_keys import published

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
LAUNCH = "http://127.0.0.1:1/lti/launch"
MINE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KEY_SET = {
    "keys": [
        {**RSAAlgorithm.to_jwk(MINE.public_key(), as_dict=True), "kid": "mine", "alg": "RS256"}
    ]
}


def asked_for_token(platform: PlatformBeside, **claims: Any) -> requests.Response:
    """A request for a token of everything, with these claims in the assertion."""
    now = int(time.time())
    said = {
        "iss": platform.client_id,
        "sub": platform.client_id,
        "aud": platform.token_url,
        "iat": now,
        "exp": now + 60,
        "jti": uuid.uuid4().hex,
        **claims,
    }
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": BEARER,
        "client_assertion": jwt.encode(said, MINE, "RS256", {"kid": "mine"}),
        "scope": f"{AGS}score {AGS}result.readonly",
    }
    return requests.post(platform.token_url, data=form, timeout=30)


def test_a_launch_is_a_signed_form(platform: PlatformBeside) -> None:
    """The login leads to the tool, and what it sends back is answered by a message for it."""
    tool = {"login_url": "http://127.0.0.1:1/lti/login", "launch_url": LAUNCH}
    platform.admin("tool", **tool)
    begun = requests.get(
        f"{platform.url}/launch?user=101&link=link-1", allow_redirects=False, timeout=30
    )
    said = {
        name: value[0]
        for name, value in parse_qs(urlsplit(begun.headers["Location"]).query).items()
    }
    assert said["iss"] == platform.issuer
    assert said["target_link_uri"] == LAUNCH
    asked = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": said["client_id"],
        "redirect_uri": LAUNCH,
        "login_hint": said["login_hint"],
        "lti_message_hint": said["lti_message_hint"],
        "state": "a state",
        "nonce": "a nonce",
    }
    page = requests.get(platform.auth_url, asked, timeout=30)
    token = re.search('name="id_token" value="([^"]+)"', page.text)
    assert token is not None
    key = requests.get(platform.jwks_url, timeout=30).json()["keys"][0]
    claims = jwt.decode(token[1], jwt.PyJWK(key), algorithms=["RS256"], audience=platform.client_id)
    assert claims["sub"] == "101"
    assert claims["nonce"] == "a nonce"
    assert claims[f"{CLAIM}context"]["id"] == CONTEXT
    endpoint = claims["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"]
    assert endpoint["lineitem"] == platform.item_url()
    stray = requests.get(platform.auth_url, {**asked, "repost": "1"}, timeout=30)
    assert stray.status_code == 400


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://elsewhere.example"},
        {"iss": "somebody else"},
        {"exp": int(time.time()) + 3600},
        {"exp": int(time.time()) - 10},
    ],
)
def test_only_a_good_assertion_gets_a_token(canvas: PlatformBeside, claims: Any) -> None:
    """Signature, audience, lifetime and once: all are looked at."""
    with published(KEY_SET) as keys:
        canvas.admin("tool", jwks_url=keys)
        assert asked_for_token(canvas).status_code == 200
        assert asked_for_token(canvas, jti="once").status_code == 200
        assert asked_for_token(canvas, jti="once").status_code == 400
        assert asked_for_token(canvas, **claims).status_code == 400
    with published({"keys": []}) as nothing:
        canvas.admin("tool", jwks_url=nothing)
        assert asked_for_token(canvas).status_code == 400


def test_scores_are_taken_and_read_back(platform: PlatformBeside) -> None:
    """At the address of the column, and only with a token and the right media type."""
    where, mark, query = platform.item_url().partition("?")
    with published(KEY_SET) as keys:
        platform.admin("tool", jwks_url=keys)
        token = asked_for_token(platform).json()["access_token"]
    body = {
        "userId": "101",
        "timestamp": "2026-03-09T08:00:00.000Z",
        "scoreGiven": 9,
        "scoreMaximum": 10,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
    }
    headers = {"Authorization": f"Bearer {token}", "Content-Type": SCORE}

    def post(**changed: Any) -> int:
        return requests.post(
            f"{where}/scores{mark}{query}", json={**body, **changed}, headers=headers, timeout=30
        ).status_code

    assert post() == 200
    found = requests.get(
        f"{where}/results{mark}{query}", {"user_id": "101"}, headers=headers, timeout=30
    ).json()
    assert (found[0]["resultScore"], found[0]["resultMaximum"]) == (90, 100)
    earlier = post(timestamp="2026-03-09T07:00:00.000Z")
    assert earlier == {"canvas": 400, "moodle": 409}[platform.kind]
    assert post(userId="301") == {"canvas": 422, "moodle": 400}[platform.kind]
    platform.trouble("scores", 500, acts=True)
    assert post(timestamp="2026-03-09T09:00:00.000Z", scoreGiven=8) == 500
    assert platform.grade("101")["held"] == 80
    platform.admin("forget-tokens")
    assert post(timestamp="2026-03-09T10:00:00.000Z") == 401
