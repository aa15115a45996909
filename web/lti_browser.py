"""The browser of a launch: that it is the one that was sent, and whether it shows us in a frame.

The cookie has to come back with a form that another site sends, so it is `SameSite=None`; it is
kept apart for each site that shows us (`Partitioned`), so that nobody is followed by it. It signs
nobody in: it only says that this browser began that launch.
"""

from __future__ import annotations

from hashlib import sha256
from http.cookies import Morsel
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from grader.lti.arrivals import GOOD_FOR
from grader.lti.platforms import framing_origins
from grader.models import LtiPlatform

_SALT = "web.lti_browser"


class _Partitioned(Morsel[str]):
    """A cookie with an attribute that this version of Python does not know."""

    def OutputString(self, attrs: Any = None) -> str:  # noqa: N802 - the library's name
        """As the library writes it, and the attribute."""
        return f"{super().OutputString(attrs)}; Partitioned"


def remember(response: HttpResponse, state: str) -> None:
    """Give this browser the cookie of a login."""
    _set(response, state, _value(state), int(GOOD_FOR.total_seconds()))


def forget(response: HttpResponse, state: str) -> None:
    """Take it back: the launch is over."""
    _set(response, state, "", 0)


def is_same(request: HttpRequest, state: str) -> bool:
    """Whether this is the browser that began the login."""
    return constant_time_compare(request.COOKIES.get(_name(state), ""), _value(state))


def in_frame(request: HttpRequest) -> bool:
    """Whether the answer will be shown within another page; old browsers do not say."""
    return request.headers.get("Sec-Fetch-Dest") in ("iframe", "frame")


def let_frame(response: HttpResponse, platform: LtiPlatform, *, form_to: str = "") -> HttpResponse:
    """Let this platform show the answer within its pages, and nobody else.

    With `form_to`, a form of the page may be sent to that origin and to the platform's.
    """
    origins = framing_origins(platform)
    rules = {"frame-ancestors": origins}
    if form_to:
        rules["form-action"] = sorted({"'self'", form_to, *origins})
    response._csp_replace = rules  # type: ignore[attr-defined]  # noqa: SLF001 - how django-csp is told
    response.xframe_options_exempt = True  # it could name no origin
    return response


def _set(response: HttpResponse, state: str, value: str, seconds: int) -> None:
    name, secure = _name(state), settings.SESSION_COOKIE_SECURE
    # Without TLS there is no `SameSite=None`; a cookie that says nothing comes back for 2 minutes.
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        httponly=True,
        secure=secure,
        samesite="None" if secure else None,
    )
    if secure:
        whole: _Partitioned = _Partitioned()
        whole.set(name, response.cookies[name].value, response.cookies[name].coded_value)
        whole.update(response.cookies[name])
        response.cookies[name] = whole


def _name(state: str) -> str:
    """One cookie for each login: several links may be opened at once."""
    return f"{settings.SANDGLASS_LTI_COOKIE}-{sha256(state.encode()).hexdigest()[:12]}"


def _value(state: str) -> str:
    return salted_hmac(_SALT, state, algorithm="sha256").hexdigest()
