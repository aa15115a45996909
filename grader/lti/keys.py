"""Our key pairs, by which platforms know that a message is ours.

The private half lies in the table, sealed by a key that is made of the site's secret: a copy of the
database alone signs nothing. The newest pair signs. When it is replaced, the old one's public half
stays published for some days, so that what is on its way can still be checked.
"""

from __future__ import annotations

import logging
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

import jwt
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from jwt.algorithms import RSAAlgorithm

from grader.errors import GraderError
from grader.models import LtiKey

log = logging.getLogger(__name__)

ALGORITHM = "RS256"
_BITS = 2048
_VALID = timedelta(minutes=5)
"""How long a message of ours holds, unless its maker says otherwise."""
_OLD = timedelta(days=90)
_STAYS = timedelta(days=7)
_SALT = b"grader.lti.keys"


class KeysUnreadable(GraderError):  # noqa: N818 - what happened, not which code
    """The site's secret is not the one that the newest key was sealed by."""

    def __init__(self, kid: str) -> None:
        super().__init__(
            f"The key {kid}, by which LTI platforms know us, cannot be opened with this "
            "SANDGLASS_SECRET_KEY. Put the former secret into SANDGLASS_SECRET_KEY_FALLBACKS, or "
            "make a new key: manage.py lti_platform rotate-keys"
        )


def sign(claims: dict[str, Any], *, now: datetime) -> str:
    """A signed message (JWT) by the newest key. `iat` and `exp` are ours unless `claims` has them.

    Raises `KeysUnreadable` where the site's secret has changed.
    """
    key = _newest() or rotate(now=now)
    times = {"iat": now, "exp": now + _VALID}
    return jwt.encode(
        {**times, **claims}, _opened(key), algorithm=ALGORITHM, headers={"kid": key.kid}
    )


def jwks(*, now: datetime) -> dict[str, Any]:
    """The public halves of all keys that have not retired, newest first."""
    if _newest() is None:
        rotate(now=now)
    return {"keys": list(_published(now))}


def rotate(*, now: datetime, at_once: bool = False) -> LtiKey:
    """A new key signs from now on. The old ones stay published for a week, or end `at_once`."""
    private = generate_private_key(public_exponent=65537, key_size=_BITS)
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with transaction.atomic():
        old = LtiKey.objects.filter(Q(retires_at__isnull=True) | Q(retires_at__gt=now))
        if at_once:
            old.update(retires_at=now)
        else:
            old.filter(retires_at__isnull=True).update(retires_at=now + _STAYS)
        key = LtiKey.objects.create(
            kid=token_hex(8), sealed=_seal().encrypt(pem).decode(), created_at=now
        )
    log.info("key %s signs for LTI from now on", key.kid)
    return key


def look_after(*, now: datetime) -> None:
    """Replace a key that has signed for three months, and remove what retired long ago."""
    newest = _newest()
    if newest is not None and now - newest.created_at >= _OLD:
        rotate(now=now)
    LtiKey.objects.filter(retires_at__lt=now - _STAYS).delete()


def _newest() -> LtiKey | None:
    return LtiKey.objects.filter(retires_at__isnull=True).order_by("created_at", "pk").last()


def _published(now: datetime) -> Iterator[dict[str, Any]]:
    standing = Q(retires_at__isnull=True) | Q(retires_at__gt=now)
    for key in LtiKey.objects.filter(standing).order_by("-created_at", "-pk"):
        try:
            public = _opened(key).public_key()
        except KeysUnreadable:
            # The others are still good, and a platform that needs this one says so.
            log.exception("a key is left out of the published ones")
            continue
        yield {
            **RSAAlgorithm.to_jwk(public, as_dict=True),
            "kid": key.kid,
            "use": "sig",
            "alg": ALGORITHM,
        }


def _opened(key: LtiKey) -> RSAPrivateKey:
    try:
        pem = _seal().decrypt(key.sealed.encode())
    except InvalidToken as error:
        raise KeysUnreadable(key.kid) from error
    private = serialization.load_pem_private_key(pem, password=None)
    assert isinstance(private, RSAPrivateKey)
    return private


def _seal() -> MultiFernet:
    """Seals by the site's secret, and opens by its former ones too."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derived(secret)) for secret in secrets])


def _derived(secret: str) -> bytes:
    hkdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=_SALT, info=b"seal")
    return urlsafe_b64encode(hkdf.derive(secret.encode()))
