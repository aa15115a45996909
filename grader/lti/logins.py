"""The first half of a launch: a platform says that somebody comes, and we send them back to it.

What we give along, a state and a nonce, must come back with the launch: once, and from the browser
that was sent. Source: IMS security framework 1.0, §5.1.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe
from urllib.parse import urlencode, urlsplit

from grader.lti.refusals import LtiRefused
from grader.models import LtiDeployment, LtiLogin, LtiPlatform

GOOD_FOR = timedelta(minutes=30)
"""How long a launch may take to come back."""
_KEPT = timedelta(days=1)
_ASKED = (
    "iss",
    "client_id",
    "login_hint",
    "lti_message_hint",
    "target_link_uri",
    "lti_deployment_id",
)
_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Begun:
    """A login that was begun: its row, and where the browser goes next."""

    login: LtiLogin
    address: str


def platform_asked(asked: Mapping[str, str]) -> LtiPlatform:
    """The platform that calls: by issuer and client id. Raises `LtiRefused`.

    One issuer may stand for many: every school in Canvas' cloud has the same.
    """
    rows = LtiPlatform.objects.filter(issuer=asked.get("iss", ""), active=True)
    if asked.get("client_id"):
        rows = rows.filter(client_id=asked["client_id"])
    match list(rows[:2]):
        case [platform]:
            return platform
        case []:
            raise LtiRefused("platform unknown")
    raise LtiRefused("client id missing")


def begin(asked: Mapping[str, str], *, origin: str, now: datetime) -> Begun:
    """Note the login and say where to send the browser. Raises `LtiRefused`.

    `origin` is ours, as `https://host`: the link must lead there.
    """
    told = {name: asked[name] for name in _ASKED if asked.get(name)}
    too_long = any(len(value) > _LONGEST or "\0" in value for value in told.values())
    if too_long or not {"iss", "login_hint", "target_link_uri"} <= set(told):
        raise LtiRefused("incomplete")
    platform = platform_asked(told)
    if not leads_to(told["target_link_uri"], origin):
        raise LtiRefused("other site")
    _known_deployment(platform, told.get("lti_deployment_id", ""))
    login = LtiLogin.objects.create(
        state=token_urlsafe(32),
        nonce=token_urlsafe(32),
        platform=platform,
        asked=told,
        created_at=now,
    )
    return Begun(login, _address_of_platform(login, origin))


def leads_to(address: str, origin: str) -> bool:
    """Whether an address is one of this site's."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return f"{parts.scheme}://{parts.netloc}".lower() == origin.lower()


def forget_old(*, now: datetime) -> int:
    """Remove logins of yesterday, used or not, with what was launched by them."""
    return LtiLogin.objects.filter(created_at__lt=now - _KEPT).delete()[0]


def _known_deployment(platform: LtiPlatform, deployment_id: str) -> None:
    rows = LtiDeployment.objects.filter(platform=platform, deployment_id=deployment_id)
    if deployment_id and not rows.exists():
        raise LtiRefused("deployment unknown")


def _address_of_platform(login: LtiLogin, origin: str) -> str:
    """The platform's own address with exactly what the standard names: Moodle refuses more."""
    told = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": login.platform.client_id,
        "redirect_uri": f"{origin}/lti/launch",
        "login_hint": login.asked["login_hint"],
        "state": login.state,
        "nonce": login.nonce,
    }
    if "lti_message_hint" in login.asked:
        told["lti_message_hint"] = login.asked["lti_message_hint"]
    mark = "&" if urlsplit(login.platform.auth_url).query else "?"
    return f"{login.platform.auth_url}{mark}{urlencode(told)}"
