"""Registering a platform: what we have to know of it, checked before it is written.

Platforms belong to the site, not to a course: its operator registers them, by a command or by an
invitation. What is done is told in the log.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction

from grader.errors import GraderError
from grader.lti.outside import OutsideFailed, checked_address, fetch_json
from grader.models import LtiDeployment, LtiPlatform
from grader.models.lti import DIALECTS

log = logging.getLogger(__name__)

PLATFORM_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-platform-configuration"
_LONGEST = {"name": 200, "issuer": 255, "client_id": 255}
_LONGEST_ADDRESS = 500


class PlatformRefused(GraderError):  # noqa: N818 - what happened, not which code
    """A platform cannot be registered so; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a platform says of itself at its `openid-configuration`."""

    issuer: str
    auth_url: str
    token_url: str
    jwks_url: str
    registration_url: str
    dialect: str
    name: str
    token_audience: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a registration holds."""

    name: str
    issuer: str
    client_id: str
    auth_url: str
    token_url: str
    jwks_url: str
    dialect: str = "plain"
    token_audience: str = ""
    deployments: Sequence[str] = ()
    frame_origins: Sequence[str] = field(default=())


def read_configuration(address: str) -> Configuration:
    """Fetch and check what a platform says of itself. Raises `PlatformRefused`.

    The issuer must be at the host that was asked, so that nobody registers in another's name.
    """
    try:
        document = fetch_json(checked_address(address))
    except OutsideFailed as error:
        raise PlatformRefused(str(error)) from error
    if not isinstance(document, dict):
        raise PlatformRefused("The configuration of the platform is no JSON object.")
    issuer = _said(document, "issuer")
    if urlsplit(issuer).hostname != urlsplit(address).hostname:
        raise PlatformRefused(
            f"{address} tells of the issuer {issuer!r}, which is at another host. Use the address "
            "that the platform itself gives."
        )
    about = document.get(PLATFORM_CONFIGURATION)
    family = str(about.get("product_family_code", "")) if isinstance(about, dict) else ""
    known = family.lower() if family.lower() in dict(DIALECTS) else "plain"
    return Configuration(
        issuer=issuer,
        auth_url=_said(document, "authorization_endpoint"),
        token_url=_said(document, "token_endpoint"),
        jwks_url=_said(document, "jwks_uri"),
        registration_url=str(document.get("registration_endpoint") or ""),
        dialect=known,
        name=urlsplit(issuer).hostname or issuer,
        token_audience=str(document.get("authorization_server") or ""),
    )


@transaction.atomic
def add_platform(facts: Facts) -> LtiPlatform:
    """Register a platform, or change one that has this issuer and client id. `PlatformRefused`."""
    _check(facts)
    platform, made = LtiPlatform.objects.update_or_create(
        issuer=facts.issuer,
        client_id=facts.client_id,
        defaults={
            "name": facts.name,
            "auth_url": facts.auth_url,
            "token_url": facts.token_url,
            "jwks_url": facts.jwks_url,
            "token_audience": facts.token_audience,
            "dialect": facts.dialect,
            "frame_origins": list(facts.frame_origins),
            "active": True,
        },
    )
    for deployment_id in facts.deployments:
        add_deployment(platform, deployment_id)
    log.info("LTI platform %d was %s", platform.pk, "registered" if made else "changed")
    return platform


def add_deployment(platform: LtiPlatform, deployment_id: str) -> LtiDeployment:
    """Let one more installation launch. Raises `PlatformRefused`."""
    word = deployment_id.strip()
    if not word or len(word) > _LONGEST["client_id"]:
        raise PlatformRefused("A deployment id has 1 to 255 characters.")
    return LtiDeployment.objects.get_or_create(platform=platform, deployment_id=word)[0]


def switch(platform: LtiPlatform, *, active: bool) -> None:
    """Take launches of a platform, or none any more. What it is linked to is kept."""
    LtiPlatform.objects.filter(pk=platform.pk).update(active=active)
    log.info("LTI platform %d was switched %s", platform.pk, "on" if active else "off")


def framing_origins(platform: LtiPlatform) -> list[str]:
    """Where a page of ours that says so may be shown in a frame: at this platform, nowhere else."""
    canvas = ["https://*.instructure.com"] if platform.dialect == "canvas" else []
    own = [origin_of(platform.issuer), origin_of(platform.auth_url)]
    return sorted({origin for origin in (*own, *canvas, *platform.frame_origins) if origin})


def origin_of(address: str) -> str:
    """The origin of an address of the web, as a policy names it; of anything else, none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    whole = f"{parts.scheme}://{parts.netloc}"
    plain = parts.scheme in ("http", "https") and parts.netloc and "@" not in parts.netloc
    return whole if plain and not set(whole) & set(" ;,'\"*\n") else ""


def _said(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not value:
        raise PlatformRefused(f"The configuration of the platform does not say its {name}.")
    return value


def _check(facts: Facts) -> None:
    for name, longest in _LONGEST.items():
        value = getattr(facts, name)
        if not value.strip() or len(value) > longest:
            raise PlatformRefused(f"The {name.replace('_', ' ')} has 1 to {longest} characters.")
    for name in ("auth_url", "token_url", "jwks_url"):
        try:
            address = checked_address(getattr(facts, name))
        except OutsideFailed as error:
            raise PlatformRefused(f"{name.replace('_', ' ')}: {error}") from error
        if len(address) > _LONGEST_ADDRESS:
            raise PlatformRefused(f"The {name} is longer than {_LONGEST_ADDRESS} characters.")
    if facts.dialect not in dict(DIALECTS):
        raise PlatformRefused(f"{facts.dialect!r} is none of {', '.join(dict(DIALECTS))}.")
    for origin in facts.frame_origins:
        if origin_of(origin) != origin:
            raise PlatformRefused(f"{origin!r} is no origin; write it as in https://canvas.ust.hk")
