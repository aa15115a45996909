"""Who may try to sign in, and how often: no guessing of passwords, and no locking out of others.

A browser that has once signed in to an account keeps a cookie that says so, and its tries are
counted apart from those of everybody else. So a stranger who tries and tries uses up what strangers
have, for that account, and its student signs in as always. On a new computer the student gets in by
the link in a mail, which makes that browser a known one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from secrets import token_urlsafe
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import AllowAllUsersModelBackend
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.crypto import salted_hmac

from grader.models import User
from web import rate_limits
from web.visitor import address_of

_KNOWN_FOR = timedelta(days=180)
_SALT = "web.sign_in"
_MOST_ACCOUNTS = 4
"""How many accounts one browser is known to: of a computer in a laboratory, the last ones."""


class Backend(AllowAllUsersModelBackend):
    """Django's own, but that a closed account is refused by the form, once its password was right.

    So every try takes one hashing of a password, and the time of an answer tells nobody which
    addresses have an account.
    """

    def get_user(self, user_id: int) -> User | None:
        """The person of a session; whose account was closed has none any more."""
        return _open(super().get_user(user_id))

    async def aget_user(self, user_id: int) -> User | None:
        """The same for asynchronous views."""
        return _open(await super().aget_user(user_id))


def knock(request: HttpRequest, email: str) -> None:
    """Count a try to sign in. Raises `rate_limits.TooMany`."""
    account, place = _account(email), address_of(request)
    browser = _known(request).get(account)
    if browser:
        rate_limits.take("sign-in", account, browser)
        return
    rate_limits.take("sign-in", account, place)
    rate_limits.take("sign-in-account", account)
    rate_limits.take("sign-in-address", place)


def opened(request: HttpRequest, response: HttpResponse, email: str) -> None:
    """The password was right: wrong tries from here are forgotten, and the browser is known."""
    account, known = _account(email), _known(request)
    rate_limits.forget("sign-in", account, known.get(account) or address_of(request))
    newest = {account: known.pop(account, None) or token_urlsafe()}
    kept = dict(list((newest | known).items())[:_MOST_ACCOUNTS])
    response.set_cookie(
        settings.SANDGLASS_KNOWN_COOKIE,
        signing.dumps(kept, salt=_SALT),
        max_age=_KNOWN_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def by_password(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A view of passwords; where they are off it is not there."""

    @wraps(view)
    def asked(request: HttpRequest, **address: str) -> HttpResponseBase:
        if not settings.SANDGLASS_PASSWORDS:
            raise Http404
        return view(request, **address)

    return asked


def ways(_request: HttpRequest) -> dict[str, bool]:
    """What every page knows of how people sign in."""
    return {"passwords": settings.SANDGLASS_PASSWORDS}


def _known(request: HttpRequest) -> dict[str, str]:
    """The accounts that this browser has signed in to, each with a word of its own."""
    cookie = request.COOKIES.get(settings.SANDGLASS_KNOWN_COOKIE, "")
    try:
        return dict(signing.loads(cookie, salt=_SALT, max_age=_KNOWN_FOR))
    except signing.BadSignature:
        return {}


def _account(email: str) -> str:
    """An account under a name that tells nobody which it is; there need not be one."""
    return salted_hmac(_SALT, email.strip().lower(), algorithm="sha256").hexdigest()


def _open(user: Any) -> User | None:
    return user if isinstance(user, User) and user.is_active else None
