"""What stands before every address of LTI: a limit, and a page for whatever is refused."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from grader import logs
from grader.errors import NotYours
from grader.lti.refusals import LtiRefused
from grader.models import LtiLogin
from web import lti_browser
from web.rate_limits import TooMany, take
from web.views.errors import not_found, too_many
from web.visitor import address_of

log = logging.getLogger(__name__)


def lti_page(what: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """A view of a login, a launch or what follows it: `what` names it in the log."""

    def around(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def behind(request: HttpRequest, **address: Any) -> HttpResponse:
            try:
                take("lti", address_of(request))
                return view(request, **address)
            except LtiRefused as error:
                state = address.get("state") or request.POST.get("state", "")
                return _refused(request, error, what, state)
            except NotYours as error:
                return not_found(request, error)
            except TooMany as many:
                return too_many(request, many)

        return behind

    return around


def origin_of(request: HttpRequest) -> str:
    """Our own origin, as this request named it; the host is one of ours."""
    return request.build_absolute_uri("/").rstrip("/")


def begin_again(asked: dict[str, str]) -> str:
    """The address that begins a login as the platform did; for a window of its own."""
    return f"/lti/login?{urlencode(asked)}"


def _refused(request: HttpRequest, error: LtiRefused, what: str, state: str) -> HttpResponse:
    """A page that says what to do, and a line of the log that says why; of a token, nothing."""
    found = LtiLogin.objects.filter(state=state).select_related("platform").first()
    platform = found.platform if found else None
    with logs.about(cause=error.cause, platform=platform.pk if platform else None):
        log.warning("an LTI %s was refused: %s", what, error.cause)
    elsewhere = found is not None and error.cause == "other browser"
    response = render(
        request,
        "web/lti_refused.html",
        {
            "problem": str(error),
            "again": begin_again(found.asked) if found and elsewhere else "",
            "platform": platform,
        },
        status=HTTPStatus.SERVICE_UNAVAILABLE
        if error.cause == "platform away"
        else HTTPStatus.FORBIDDEN,
    )
    return lti_browser.let_frame(response, platform) if platform else response
