"""Tokens for a platform's services: asked for with a signed assertion, kept until they run out.

Source: IMS security framework 1.0, §4.1. A token lies in this process' memory and nowhere else.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from secrets import token_hex
from urllib.parse import urlencode

from grader.lti import keys
from grader.lti.calls import ServiceFailed, call
from grader.models import LtiPlatform

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_FORM = "application/x-www-form-urlencoded"
_EARLIER = timedelta(seconds=60)
"""A token is not used in its last minute."""
_OTHERWISE = 300
"""Seconds that a token holds whose platform does not say."""
_LONGEST = 86_400
_UNREADABLE = "No token was given: the platform's answer cannot be read."

_Key = tuple[int, str, str, frozenset[str]]
_kept: dict[_Key, tuple[str, datetime]] = {}
_lock = threading.Lock()


def token(
    platform: LtiPlatform, scopes: Iterable[str], *, now: datetime, fresh: bool = False
) -> str:
    """A token for these scopes; a new one where it was refused (`fresh`). `ServiceFailed`."""
    wanted = frozenset(scopes)
    key = platform.pk, platform.token_url, platform.client_id, wanted
    with _lock:
        kept = _kept.get(key)
    if kept is not None and not fresh and now < kept[1]:
        return kept[0]
    made, until = _asked(platform, wanted, now)
    with _lock:
        _kept[key] = made, until
    return made


def forget() -> None:
    """Ask for new ones from now on."""
    with _lock:
        _kept.clear()


def _asked(platform: LtiPlatform, scopes: frozenset[str], now: datetime) -> tuple[str, datetime]:
    claims = {
        "iss": platform.client_id,
        "sub": platform.client_id,
        "aud": platform.token_audience or platform.token_url,
        "jti": token_hex(16),
    }
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION,
        "client_assertion": keys.sign(claims, now=now),
        "scope": " ".join(sorted(scopes)),
    }
    reply = call("POST", platform.token_url, content=urlencode(form).encode(), kind=_FORM)
    if reply.status != 200:  # noqa: PLR2004 - HTTP's own number
        raise ServiceFailed(f"No token was given. {reply.told}", retry_after=reply.retry_after)
    try:
        said = json.loads(reply.body)
        made, seconds = str(said["access_token"]), int(said.get("expires_in", _OTHERWISE))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ServiceFailed(_UNREADABLE) from error
    if not made.isascii() or not made.isprintable():  # it goes into a header
        raise ServiceFailed(_UNREADABLE)
    return made, now + timedelta(seconds=min(max(seconds, 0), _LONGEST)) - _EARLIER
