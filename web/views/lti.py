"""What a learning management system asks of us by LTI 1.3: keys, logins, launches, registration.

A login and a launch come from another site, by the standard, and so without our form's token. A
login does nothing but send the browser back. A launch is believed for the platform's signature, the
state and nonce that we gave a moment ago, and the cookie of the browser that we gave them to.
"""

from __future__ import annotations

import logging
from http import HTTPStatus

from django.contrib import auth
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from grader.lti import arrivals, keys, launches, logins, registration
from grader.lti.claims import DEEP_LINK
from grader.lti.platforms import PlatformRefused
from grader.lti.refusals import LtiRefused
from grader.lti.tool import Tool
from grader.models import LtiPlatform
from web import lti_browser
from web.lti_gate import begin_again, lti_page, origin_of

log = logging.getLogger(__name__)

BACKEND = "web.sign_in.Backend"
_DEEP_LINK = "/lti/deep-link"


@cache_control(public=True, max_age=300)
@require_safe
def jwks(_request: HttpRequest) -> JsonResponse:
    """Our public keys. 503 where there are some and none can be opened: the log says what to do."""
    published = keys.jwks(now=timezone.now())
    status = HTTPStatus.OK if published["keys"] else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse(published, status=status)


@cache_control(public=True, max_age=300)
@require_safe
def canvas_key(request: HttpRequest) -> JsonResponse:
    """What an administrator of Canvas enters as the URL of a developer key."""
    return JsonResponse(Tool(origin_of(request)).canvas_key())


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@lti_page("login")
def login(request: HttpRequest) -> HttpResponse:
    """A platform says that somebody comes: send them back to it, with a state of ours."""
    asked = request.POST if request.method == "POST" else request.GET
    told = {name: str(value) for name, value in asked.items()}
    leads = told.get("target_link_uri", "").partition("?")[0]
    if lti_browser.in_frame(request) and not leads.endswith(_DEEP_LINK):
        return _in_a_tab(request, logins.platform_asked(told), told)
    begun = logins.begin(told, origin=origin_of(request), now=timezone.now())
    response = HttpResponseRedirect(begun.address)
    lti_browser.remember(response, begun.login.state)
    return response


@never_cache
@csrf_exempt
@require_POST
@lti_page("launch")
def launch(request: HttpRequest) -> HttpResponse:
    """Somebody came: check what the platform says of them, and sign in whom we know."""
    state, now = request.POST.get("state", ""), timezone.now()
    if not state:
        raise LtiRefused("incomplete")
    found = launches.login_of(state)
    if not lti_browser.is_same(request, state):
        raise LtiRefused("other browser")
    if "id_token" not in request.POST:
        raise LtiRefused("told by the platform" if "error" in request.POST else "incomplete")
    said = launches.receive(found, request.POST["id_token"], origin=origin_of(request), now=now)
    return _arrived(request, arrivals.arrive(found, said, now=now))


@never_cache
@require_safe
@lti_page("registration")
def register(request: HttpRequest) -> HttpResponse:
    """A platform with an invitation registers itself, and we ourselves there."""
    asked, problem = request.GET, ""
    platform: LtiPlatform | None = None
    try:
        platform = registration.register(
            asked.get("invitation", ""),
            asked.get("openid_configuration", ""),
            asked.get("registration_token", ""),
            tool=Tool(origin_of(request)),
            now=timezone.now(),
        )
    except PlatformRefused as error:
        problem = str(error)
        log.warning("a registration by LTI was refused: %s", problem)
    response = render(
        request,
        "web/lti_registered.html",
        {
            "platform": platform,
            "deployed": platform is not None and platform.deployments.exists(),
            "problem": problem,
        },
        status=HTTPStatus.OK if platform else HTTPStatus.FORBIDDEN,
    )
    return lti_browser.let_frame(response, platform) if platform else response


def _arrived(request: HttpRequest, arrival: arrivals.Arrival) -> HttpResponse:
    """On to the page with what comes next; by GET, so that this browser's own session counts."""
    state, account = arrival.login.state, arrival.account
    choosing = arrival.launch.message == DEEP_LINK
    if lti_browser.in_frame(request) and not (choosing and account):
        return _in_a_tab(request, arrival.login.platform, arrival.login.asked, unknown=choosing)
    if account is not None and choosing:
        return redirect("lti-choose", state=state)
    if account is not None:
        auth.login(request, account.user, backend=BACKEND)  # a new session: none is taken over
    return redirect("lti-go", state=state)


def _in_a_tab(
    request: HttpRequest, platform: LtiPlatform, asked: dict[str, str], *, unknown: bool = False
) -> HttpResponse:
    """A page within the platform's, with a link that begins the same in a tab of its own."""
    context = {"again": begin_again(asked), "platform": platform, "unknown": unknown}
    return lti_browser.let_frame(render(request, "web/lti_tab.html", context), platform)
