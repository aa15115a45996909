"""The public keys of platforms, fetched when they are needed and kept by each process.

A key that is not known makes us ask once more, but each platform at most once a minute: a stranger
who names invented keys makes us ask nobody.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from grader.lti.keys import ALGORITHM
from grader.lti.outside import OutsideFailed, fetch_json
from grader.lti.refusals import LtiRefused

log = logging.getLogger(__name__)

_KEPT = timedelta(hours=6).total_seconds()
_ASKED_EVERY = timedelta(minutes=1).total_seconds()
_FEWEST_BITS = 2048


@dataclass(slots=True)
class _Kept:
    """The keys of one platform, and when they were fetched and asked for."""

    keys: dict[str, jwt.PyJWK]
    fetched: float
    asked: float


_kept: dict[str, _Kept] = {}
_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


def key_of_platform(jwks_url: str, kid: str) -> jwt.PyJWK:
    """The key of this name. Raises `LtiRefused` where the platform has none, or cannot be asked."""
    with _locks[jwks_url]:  # one of many who come at once asks, the others wait for what it hears
        known = _kept.get(jwks_url)
        fresh = known is not None and time.monotonic() - known.fetched < _KEPT
        if known is None or not (fresh and kid in known.keys):
            known = _asked_again(jwks_url, known)
    if kid in known.keys:
        return known.keys[kid]
    raise LtiRefused("key unknown" if known.keys else "platform away")


def forget() -> None:
    """Keep nothing any more."""
    _kept.clear()


def _asked_again(jwks_url: str, known: _Kept | None) -> _Kept:
    """What is known after asking, if it is time to; of a platform that is away, the old keys."""
    now = time.monotonic()
    if known is not None and now - known.asked < _ASKED_EVERY:
        return known
    try:
        _kept[jwks_url] = _Kept(_usable(fetch_json(jwks_url)), now, now)
    except OutsideFailed as error:
        log.warning("the keys of a platform could not be fetched: %s", error)
        old = known.keys if known else {}
        _kept[jwks_url] = _Kept(old, known.fetched if known else now, now)
    return _kept[jwks_url]


def _usable(document: Any) -> dict[str, jwt.PyJWK]:
    """The RSA keys of a key set that are strong enough, by name; others are passed over."""
    listed = document.get("keys") if isinstance(document, dict) else None
    found = {}
    for each in listed if isinstance(listed, list) else ():
        if not isinstance(each, dict) or each.get("kty") != "RSA" or "d" in each:
            continue
        try:
            key = jwt.PyJWK({**each, "alg": ALGORITHM})
        except jwt.PyJWTError:
            continue
        if isinstance(key.key, RSAPublicKey) and key.key.key_size >= _FEWEST_BITS:
            found[str(each.get("kid"))] = key
    return found
