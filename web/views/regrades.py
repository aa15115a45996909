"""Regrades of a homework: staff begin, watch and cancel them, the instructor decides."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from grader.access import (
    AssignmentAccess,
    RegradeAccess,
    deciding_regrade_for,
    regrade_for,
    staff_assignment_for,
)
from grader.domain.regrades import Decision, Scope
from grader.errors import DraftOutdated, NotYours, RegradeRefused
from grader.models import AssignmentVersion
from grader.pipeline import regrade as road
from grader.queries.regrades import SORTS, regrade_page, regrades_page
from web.wording import count

_DECISIONS = {decision.value: decision for decision in Decision}
_DONE = {
    Decision.ALL: "The regrade counts, for all: {}.",
    Decision.RAISES: "The regrade counts for those whom it helps: {}.",
    Decision.DROP: "The regrade is dropped. Nothing has changed.",
}


@require_http_methods(["GET", "HEAD", "POST"])
def regrades(request: HttpRequest, *, slug: str, homework: str) -> HttpResponse:
    """All regrades of a homework; by POST another one begins."""
    assert request.user.is_authenticated
    access = staff_assignment_for(request.user, slug, homework, timezone.now())
    if request.method != "POST":
        return _list(request, access)
    try:
        made = road.start(
            access.assignment,
            _version(request, access),
            _scope(request),
            reason=request.POST.get("reason", ""),
            author=request.user,
            now=timezone.now(),
        )
    except RegradeRefused as error:
        return _list(request, access, str(error))
    return _to(access, made.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def regrade(request: HttpRequest, *, slug: str, homework: str, regrade: int) -> HttpResponse:
    """One regrade: how far it is, whom it changes; by POST what is to become of it."""
    assert request.user.is_authenticated
    act = request.POST.get("act", "") if request.method == "POST" else ""
    gate = deciding_regrade_for if act in _DECISIONS else regrade_for
    access = gate(request.user, slug, homework, regrade, timezone.now())
    if request.method != "POST":
        return _one(request, access)
    try:
        messages.success(request, _act(request, access, act))
    except (DraftOutdated, RegradeRefused) as error:
        messages.error(request, str(error))
    return _to(access, regrade)


def _act(request: HttpRequest, access: RegradeAccess, act: str) -> str:
    """Do it, and tell what was done."""
    assert request.user.is_authenticated
    made, user = access.regrade, request.user
    if act == "cancel":
        road.cancel(made, user, now=timezone.now())
        return "The regrade is cancelled. Nothing of it counts."
    if act == "again":
        return f"{count(road.again(made, user), 'submission')} will be graded again."
    if act in _DECISIONS:
        decision, seen = _DECISIONS[act], request.POST.get("seen", "")
        chosen = road.decide(made, decision, user, now=timezone.now(), seen=seen)
        return _DONE[decision].format(count(len(chosen), "student"))
    raise NotYours(f"a deed with regrade {made.pk}")


def _list(request: HttpRequest, access: AssignmentAccess, error: str = "") -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    context = {
        **_common(access),
        "page": regrades_page(access, timezone.now()),
        "error": error,
        "reason": asked.get("reason", ""),
        "scope": asked.get("scope", Scope.COUNTED.value),
        "version": asked.get("version", ""),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return render(request, "web/regrades.html", context, status=status)


def _one(request: HttpRequest, access: RegradeAccess) -> HttpResponse:
    asked = request.GET
    shown = regrade_page(
        access,
        sort=asked.get("sort", ""),
        shows_all=asked.get("show") == "all",
        page=asked.get("page", "1"),
    )
    context = {**_common(access), "regrade": access.regrade, "page": shown, "sorts": SORTS}
    return render(request, "web/regrade.html", context)


def _common(access: AssignmentAccess) -> dict[str, object]:
    course = access.course
    return {"course": course, "zone": course.zone, "assignment": access.assignment}


def _version(request: HttpRequest, access: AssignmentAccess) -> AssignmentVersion:
    asked = request.POST.get("version", "")
    for version in access.assignment.versions.all():
        if asked == str(version.pk):
            return version
    raise RegradeRefused("Choose a version of this homework.")


def _scope(request: HttpRequest) -> Scope:
    asked = request.POST.get("scope", "")
    if asked not in set(Scope):
        raise RegradeRefused("Choose which submissions are graded again.")
    return Scope(asked)


def _to(access: AssignmentAccess, regrade: int) -> HttpResponseRedirect:
    words = {"slug": access.course.slug, "homework": access.assignment.slug, "regrade": regrade}
    return HttpResponseRedirect(reverse("regrade", kwargs=words), status=HTTPStatus.SEE_OTHER)
