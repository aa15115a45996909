"""Our keys: sealed by the site's secret, replaced without a gap, and never readable elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from django.test import Client

from grader.lti import keys
from grader.models import LtiKey

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def published(now: datetime = NOW) -> dict[str, Any]:
    """What a platform can check by, by the name of the key."""
    return {key["kid"]: jwt.PyJWK(key) for key in keys.jwks(now=now)["keys"]}


def read(message: str, now: datetime = NOW) -> dict[str, Any]:
    """A message as a platform reads it, by the keys that are published."""
    key = published(now)[jwt.get_unverified_header(message)["kid"]]
    found: dict[str, Any] = jwt.decode(
        message, key, algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False}
    )
    return found


def test_what_is_signed_is_checked_by_what_is_published() -> None:
    message = keys.sign({"iss": "ours", "jti": "1"}, now=NOW)
    begins = int(NOW.timestamp())
    assert read(message) == {"iss": "ours", "jti": "1", "iat": begins, "exp": begins + 300}
    [key] = keys.jwks(now=NOW)["keys"]
    assert {name: key[name] for name in ("kty", "use", "alg")} == {
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
    }
    assert set(key) == {"kty", "use", "alg", "kid", "n", "e", "key_ops"}


def test_the_table_holds_no_private_key() -> None:
    keys.sign({}, now=NOW)
    assert "PRIVATE" not in LtiKey.objects.get().sealed


def test_a_new_key_signs_while_the_old_one_is_published_for_a_week() -> None:
    before = keys.sign({"jti": "old"}, now=NOW)
    keys.rotate(now=NOW + DAY)
    after = keys.sign({"jti": "new"}, now=NOW + DAY)

    assert [read(each, NOW + 7 * DAY)["jti"] for each in (before, after)] == ["old", "new"]
    [old, new] = [jwt.get_unverified_header(each)["kid"] for each in (before, after)]
    assert list(published(NOW + DAY)) == [new, old]
    assert list(published(NOW + 9 * DAY)) == [new]


def test_a_stolen_key_ends_at_once() -> None:
    keys.sign({}, now=NOW)
    new = keys.rotate(now=NOW + DAY, at_once=True)
    assert list(published(NOW + DAY)) == [new.kid]


def test_the_daily_task_replaces_a_key_after_three_months_and_removes_retired_ones() -> None:
    first = keys.rotate(now=NOW)
    keys.look_after(now=NOW + 89 * DAY)
    assert list(published(NOW + 89 * DAY)) == [first.kid]
    keys.look_after(now=NOW + 90 * DAY)
    assert len(published(NOW + 90 * DAY)) == 2
    keys.look_after(now=NOW + 120 * DAY)
    assert not LtiKey.objects.filter(pk=first.pk).exists()


def test_a_changed_secret_says_what_to_do_and_a_former_one_still_opens(settings: Any) -> None:
    message, first = keys.sign({"jti": "1"}, now=NOW), settings.SECRET_KEY
    settings.SECRET_KEY = "another secret than before"
    with pytest.raises(keys.KeysUnreadable, match=r"SANDGLASS_SECRET_KEY_FALLBACKS.*rotate-keys"):
        keys.sign({}, now=NOW)
    assert keys.jwks(now=NOW) == {"keys": []}
    assert Client().get("/lti/jwks").status_code == 503

    settings.SECRET_KEY_FALLBACKS = [first]
    assert read(message)["jti"] == "1"
    assert read(keys.sign({"jti": "2"}, now=NOW))["jti"] == "2"

    settings.SECRET_KEY_FALLBACKS = []
    keys.rotate(now=NOW)
    assert read(keys.sign({"jti": "3"}, now=NOW))["jti"] == "3"


def test_anybody_may_fetch_the_public_halves() -> None:
    answer = Client().get("/lti/jwks")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert "d" not in answer.json()["keys"][0]
