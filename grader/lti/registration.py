"""A platform that registers itself, once, by an invitation that the operator made.

Without an invitation anybody could register a platform of their own and launch as whoever they
like. Source: LTI dynamic registration 1.0.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

from django.db.models import Q

from grader.lti.outside import OutsideFailed, post_json
from grader.lti.platforms import Facts, PlatformRefused, add_platform, read_configuration
from grader.lti.tool import Tool
from grader.models import LtiInvitation, LtiPlatform

log = logging.getLogger(__name__)

GOOD_FOR = timedelta(days=7)
_TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"


def invite(*, name: str, now: datetime) -> str:
    """The word of a new invitation. It is told once; the table holds its hash."""
    word = token_urlsafe(24)
    LtiInvitation.objects.create(digest=_digest(word), name=name, expires_at=now + GOOD_FOR)
    return word


def register(
    word: str, configuration: str, token: str, *, tool: Tool, now: datetime
) -> LtiPlatform:
    """Register ourselves at a platform, and it here. Raises `PlatformRefused`.

    An invitation is used up by success alone: what failed may be tried again.
    """
    row = LtiInvitation.objects.filter(digest=_digest(word))
    free = row.filter(used_at__isnull=True, expires_at__gt=now)
    if not free.update(used_at=now):
        raise PlatformRefused(
            "This invitation is unknown, used or older than a week. The operator makes a new one "
            "by: manage.py lti_platform invite"
        )
    try:
        platform = _register(configuration, token, tool, row.get().name)
    except BaseException:
        row.update(used_at=None)
        raise
    row.update(platform=platform)
    return platform


def forget_old(*, now: datetime) -> None:
    """Remove invitations that can be used no more, and say so of none that was used."""
    old = Q(expires_at__lt=now, used_at__isnull=True)
    LtiInvitation.objects.filter(old).delete()


def _register(configuration: str, token: str, tool: Tool, name: str) -> LtiPlatform:
    platform = read_configuration(configuration)
    if not platform.registration_url:
        raise PlatformRefused("The platform does not say where tools register themselves.")
    wanted = tool.registration(canvas=platform.dialect == "canvas")
    try:
        answer = post_json(platform.registration_url, wanted, bearer=token)
    except OutsideFailed as error:
        raise PlatformRefused(f"The platform did not register Sandglass: {error}") from error
    client_id = answer.get("client_id") if isinstance(answer, dict) else None
    if not isinstance(client_id, str) or not client_id:
        raise PlatformRefused("The platform registered Sandglass, and named no client id.")
    _refuse_known(platform.issuer, client_id)
    return add_platform(
        Facts(
            name=name or platform.name,
            issuer=platform.issuer,
            client_id=client_id,
            auth_url=platform.auth_url,
            token_url=platform.token_url,
            jwks_url=platform.jwks_url,
            dialect=platform.dialect,
            token_audience=platform.token_audience,
            deployments=_deployments(answer),
        )
    )


def _refuse_known(issuer: str, client_id: str) -> None:
    """An invitation adds a platform; it changes none that is here."""
    if LtiPlatform.objects.filter(issuer=issuer, client_id=client_id).exists():
        raise PlatformRefused(
            f"{issuer} is registered here with the client id {client_id} already. The operator "
            "changes it by: manage.py lti_platform add"
        )


def _deployments(answer: dict[str, Any]) -> tuple[str, ...]:
    """The deployment that came with the registration; most platforms make it later."""
    said = answer.get(_TOOL)
    value = said.get("deployment_id") if isinstance(said, dict) else None
    return (str(value),) if isinstance(value, str | int) and str(value) else ()


def _digest(word: str) -> str:
    return sha256(word.encode()).hexdigest()
