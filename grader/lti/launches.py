"""The second half of a launch: what came back is checked, each way it could be false.

The order matters little; that each check stands does. A token is never logged, nor any part of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import jwt
from jwt.types import Options

from grader.lti.claims import CLAIM, DEEP_LINK, VERSION, Launch, read_launch, text
from grader.lti.keys import ALGORITHM
from grader.lti.logins import GOOD_FOR, leads_to
from grader.lti.platform_keys import key_of_platform
from grader.lti.refusals import LtiRefused
from grader.models import LtiDeployment, LtiLogin, LtiPlatform

SKEW = timedelta(seconds=60)
"""By how much a platform's clock may be wrong."""
_LONGEST_TOKEN = 100_000
# All of these are checked below by our own clock; the library would use its own.
_SIGNATURE_ALONE: Options = {
    "verify_signature": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


def login_of(state: str) -> LtiLogin:
    """The login that a state stands for. Raises `LtiRefused`."""
    login = LtiLogin.objects.filter(state=state).select_related("platform").first()
    if login is None:
        raise LtiRefused("state unknown")
    return login


def receive(login: LtiLogin, token: str, *, origin: str, now: datetime) -> Launch:
    """The launch that a token tells, after every check; the login is used up. Raises `LtiRefused`.

    Who calls has seen that the browser is the one that was sent.
    """
    if login.used_at is not None:
        raise LtiRefused("used")
    if now - login.created_at > GOOD_FOR:
        raise LtiRefused("login too old")
    platform = login.platform
    if not platform.active:
        raise LtiRefused("platform unknown")
    claims = _signed_by(platform, token)
    _check_parties(claims, platform)
    _check_times(claims, now)
    if text(claims, "nonce") != login.nonce:
        raise LtiRefused("nonce")
    _check_message(claims, platform, origin)
    launch = read_launch(claims)
    _use_up(login, launch, now)
    return launch


def _signed_by(platform: LtiPlatform, token: str) -> Mapping[str, Any]:
    """The claims of a token that this platform's key signed."""
    if len(token) > _LONGEST_TOKEN:
        raise LtiRefused("token malformed")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise LtiRefused("token malformed") from error
    if header.get("alg") != ALGORITHM:
        raise LtiRefused("algorithm")
    kid = header.get("kid")
    if not isinstance(kid, str):
        raise LtiRefused("key unknown")
    key = key_of_platform(platform.jwks_url, kid)
    try:
        claims: dict[str, Any] = jwt.decode(
            token, key, algorithms=[ALGORITHM], options=_SIGNATURE_ALONE
        )
    except jwt.PyJWTError as error:
        raise LtiRefused("signature") from error
    return claims


def _check_parties(claims: Mapping[str, Any], platform: LtiPlatform) -> None:
    """From this platform, for us, and for nobody else in our place."""
    if claims.get("iss") != platform.issuer:
        raise LtiRefused("issuer")
    audience, authorized = claims.get("aud"), claims.get("azp")
    named = audience if isinstance(audience, list) else [audience]
    if platform.client_id not in named:
        raise LtiRefused("audience")
    if (len(named) > 1 or authorized is not None) and authorized != platform.client_id:
        raise LtiRefused("authorized party")


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    """Made before now and not yet over, give or take a minute."""
    expires, issued = _moment(claims, "exp"), _moment(claims, "iat")
    if expires <= (now - SKEW).timestamp():
        raise LtiRefused("expired")
    begins = _moment(claims, "nbf") if "nbf" in claims else issued
    if max(issued, begins) > (now + SKEW).timestamp():
        raise LtiRefused("issued in the future")


def _moment(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise LtiRefused("time missing")
    return float(value)


def _check_message(claims: Mapping[str, Any], platform: LtiPlatform, origin: str) -> None:
    """Of our version, of a deployment that we know, for an address of ours."""
    if claims.get(f"{CLAIM}version") != VERSION:
        raise LtiRefused("version")
    deployment = claims.get(f"{CLAIM}deployment_id")
    rows = LtiDeployment.objects.filter(platform=platform, deployment_id=str(deployment))
    if not isinstance(deployment, str) or not rows.exists():
        raise LtiRefused("deployment unknown")
    target = claims.get(f"{CLAIM}target_link_uri")
    # For a choice of links the standard asks for none; where a platform sends one, it counts.
    if target is None and claims.get(f"{CLAIM}message_type") == DEEP_LINK:
        return
    if not isinstance(target, str) or not leads_to(target, origin):
        raise LtiRefused("other site")


def _use_up(login: LtiLogin, launch: Launch, now: datetime) -> None:
    """Once: of two that come at the same moment, the database lets one pass."""
    unused = LtiLogin.objects.filter(pk=login.pk, used_at__isnull=True)
    if not unused.update(used_at=now, launch=launch.to_json()):
        raise LtiRefused("used")
