"""The pages after a launch: who you are here, which course this is, where the link leads."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import auth, messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from grader.lti import accounts, arrivals, contexts, deep_linking, launches, platforms
from grader.lti.arrivals import Arrival, Step
from grader.lti.claims import DEEP_LINK
from grader.lti.refusals import LtiRefused
from grader.models import User
from web import lti_browser
from web.lti_gate import lti_page, origin_of


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@lti_page("arrival")
def go(request: HttpRequest, *, state: str) -> HttpResponse:
    """What comes next after a launch: a question, or the page that the link leads to."""
    arrival, user = _arrival(request, state), request.user
    if not isinstance(user, User):
        if arrival.account is not None:
            raise LtiRefused("signed out")
        return redirect_to_login(request.path)
    if arrival.account is None:
        return _who(request, arrival, user)
    if arrival.account.user_id != user.pk:
        raise LtiRefused("other person")
    return _next(request, arrival, user)


# Shown in a platform's frame, where no token of ours is kept. The state stands for it: nobody else
# knows this address, and the cookie of the login comes with it.
@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@lti_page("choice")
def choose(request: HttpRequest, *, state: str) -> HttpResponse:
    """Staff choose homeworks for new links; the answer goes back to the platform.

    Within a platform's page no session of ours is kept, and none is needed: the launch said who it
    is, and the cookie of the login says that it is this browser.
    """
    arrival = _arrival(request, state)
    if arrival.launch.message != DEEP_LINK or arrival.account is None:
        raise LtiRefused("state unknown")
    if not arrival.account.user.is_active:
        raise LtiRefused("account closed")
    return _choice(request, arrival, arrival.account.user)


def _arrival(request: HttpRequest, state: str) -> Arrival:
    found = launches.login_of(state)
    if not lti_browser.is_same(request, state):
        raise LtiRefused("other browser")
    return Arrival.of(found, now=timezone.now())


def _who(request: HttpRequest, arrival: Arrival, user: User) -> HttpResponse:
    """You are signed in here: is that the same person? Once it is said, it holds."""
    problem = ""
    act = request.POST.get("act")
    if act == "other":
        auth.logout(request)
        return redirect_to_login(request.path)
    if act == "link":
        try:
            accounts.link(arrival.launch, arrival.context, user, now=timezone.now(), actor=user)
        except accounts.LinkRefused as error:
            problem = str(error)
        else:
            request.session.cycle_key()
            return redirect(request.path)
    context = {"arrival": arrival, "platform": arrival.login.platform, "problem": problem}
    status = HTTPStatus.CONFLICT if problem else HTTPStatus.OK
    return render(request, "web/lti_who.html", context, status=status)


def _next(request: HttpRequest, arrival: Arrival, user: User) -> HttpResponse:
    step = arrivals.next_step(arrival, user)
    if request.method == "POST":
        _told(request, arrival, user, step)
        return redirect(request.path)
    if step is Step.CHOOSE:
        return redirect("lti-choose", state=arrival.login.state)
    if step is not Step.GO:
        asked = {**_asked(arrival, user, step), "frame": "web/base.html"}
        return render(request, "web/lti_ask.html", asked)
    place = arrivals.destination(arrival, user, now=timezone.now())
    if place.note:
        messages.warning(request, place.note)
    response: HttpResponse = redirect(place.name, **place.words)
    lti_browser.forget(response, arrival.login.state)
    return response


def _told(request: HttpRequest, arrival: Arrival, user: User, step: Step) -> None:
    """Do what was answered, if it is what was asked; of an old page, nothing."""
    if step is Step.CONNECT and "course" in request.POST:
        context = contexts.connect(arrival.context, request.POST["course"], actor=user)
        contexts.note_link(context, arrival.launch)
    elif step is Step.AIM and "homework" in request.POST:
        contexts.aim(arrival.context, arrival.launch, request.POST["homework"], actor=user)


def _asked(arrival: Arrival, user: User, step: Step) -> dict[str, Any]:
    course = arrival.context.course
    return {
        "step": step.value,
        "arrival": arrival,
        "platform": arrival.login.platform,
        "courses": contexts.connectable(user) if step is Step.CONNECT else [],
        "homeworks": contexts.homeworks(course) if course is not None else [],
        "course": course,
    }


def _choice(request: HttpRequest, arrival: Arrival, user: User) -> HttpResponse:
    """The list of homeworks, or the answer with those that were chosen."""
    step = arrivals.next_step(arrival, user)
    if request.method == "POST" and step is Step.CONNECT:
        _told(request, arrival, user, step)
        return redirect(request.path)
    context = {**_asked(arrival, user, step), "frame": "web/lti_frame.html"}
    platform = arrival.login.platform
    if request.method == "POST" and step is Step.CHOOSE:
        wanted = set(request.POST.getlist("homework"))
        chosen = [each for each in context["homeworks"] if each.slug in wanted]
        several = arrival.launch.deep_link is not None and arrival.launch.deep_link.several
        if request.POST.get("act") == "none" or chosen:
            return _answer(request, arrival, chosen if several else chosen[:1])
        context["problem"] = "Choose a homework first."
    status = HTTPStatus.UNPROCESSABLE_ENTITY if "problem" in context else HTTPStatus.OK
    page = "web/lti_choose.html" if step is Step.CHOOSE else "web/lti_ask.html"
    return lti_browser.let_frame(render(request, page, context, status=status), platform)


def _answer(request: HttpRequest, arrival: Arrival, chosen: list[Any]) -> HttpResponse:
    """A form that goes back to the platform by itself, or by its button."""
    asked, platform = arrival.launch.deep_link, arrival.login.platform
    origin = platforms.origin_of(asked.return_url) if asked else ""
    if asked is None or not origin:
        raise LtiRefused("deep link unusable")
    signed = deep_linking.chosen(
        platform, arrival.launch, chosen, origin=origin_of(request), now=timezone.now()
    )
    context = {"address": asked.return_url, "signed": signed, "platform": platform}
    response = render(request, "web/lti_return.html", context)
    return lti_browser.let_frame(response, platform, form_to=origin)
