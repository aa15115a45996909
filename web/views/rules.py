"""The late policy and the deadlines of a course: another one is looked at, then put in force."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from grader.access import AssignmentAccess, instructor_assignment_for, instructor_course_for
from grader.domain.wall_clock import last_showing
from grader.effects import Effect, Effects, look
from grader.errors import DraftOutdated, RuleRefused
from grader.rule_changes import (
    change_deadline,
    change_policy,
    differences,
    effects_of_deadline,
    effects_of_policy,
)
from web.policy import rules
from web.rule_forms import DeadlineForm, PolicyForm, deadline_values, policy_values

_SORTS: dict[str, Callable[[Effect], Any]] = {
    "name": lambda one: one.student.user.name,
    "now": lambda one: one.before or 0,
    "then": lambda one: one.after,
    "change": lambda one: one.change,
}
_COLUMNS = [("name", "Student"), ("now", "Now"), ("then", "Then"), ("change", "Change")]


@require_http_methods(["GET", "HEAD", "POST"])
def policy(request: HttpRequest, *, slug: str) -> HttpResponse:
    """The late policy; what another one would change, in the address; put it in force (POST)."""
    assert request.user.is_authenticated
    course = instructor_course_for(request.user, slug).course
    now = course.late_policy
    sent = request.POST if request.method == "POST" else request.GET
    bound = request.method == "POST" or "rate" in sent
    form = PolicyForm(sent) if bound else PolicyForm(initial=policy_values(now))
    error = ""
    if request.method == "POST" and form.is_valid():
        try:
            change_policy(
                course, form.policy(), author=request.user, seen=request.POST.get("seen", "")
            )
        except DraftOutdated as outdated:
            error = str(outdated)
        else:
            messages.success(request, "The policy is in force, and everything is scored by it.")
            return HttpResponseRedirect(request.path, status=HTTPStatus.SEE_OTHER)
    context: dict[str, Any] = {
        "course": course,
        "zone": course.zone,
        "form": form,
        "rules": rules(now),
        "homeworks": list(course.assignments.all()),
        "error": error,
    }
    if bound and form.is_valid():
        new = form.policy()
        context |= _shown(effects_of_policy(course, new), sent) | {
            "new_rules": rules(new),
            "differences": differences(now, new),
            "looked": True,
        }
    return render(request, "web/policy.html", context, status=_status(form, error))


@require_http_methods(["GET", "HEAD", "POST"])
def deadline(request: HttpRequest, *, slug: str, homework: str) -> HttpResponse:
    """The deadline of a homework; what another one would change; put it in force (POST)."""
    assert request.user.is_authenticated
    access = instructor_assignment_for(request.user, slug, homework, timezone.now())
    sent = request.POST if request.method == "POST" else request.GET
    bound = request.method == "POST" or "due" in sent
    initial = deadline_values(access.assignment)
    form = DeadlineForm(sent) if bound else DeadlineForm(initial=initial)
    error, shown = "", {}
    if bound and form.is_valid():
        try:
            due = last_showing(form.cleaned_data["due"].replace(second=0), access.course.zone)
            if request.method == "POST":
                return _move(request, access, due)
            shown = _looked(access, due, sent)
        except DraftOutdated as outdated:
            error, shown = str(outdated), _looked(access, due, sent)
        except RuleRefused as refused:
            form.add_error("due", str(refused))
        except OverflowError:
            form.add_error("due", "No calendar goes that far.")
    context = {
        "course": access.course,
        "zone": access.course.zone,
        "assignment": access.assignment,
        "form": form,
        "error": error,
        **shown,
    }
    return render(request, "web/deadline.html", context, status=_status(form, error))


def _move(request: HttpRequest, access: AssignmentAccess, due: Any) -> HttpResponse:
    assert request.user.is_authenticated
    seen = request.POST.get("seen", "")
    change_deadline(access.assignment, due, author=request.user, seen=seen)
    messages.success(request, "The deadline is moved, and everything is scored by it.")
    return HttpResponseRedirect(request.path, status=HTTPStatus.SEE_OTHER)


def _looked(access: AssignmentAccess, due: Any, sent: Any) -> dict[str, Any]:
    if due <= access.assignment.opens_at:
        raise RuleRefused("The homework opens only then or later: choose a later deadline.")
    effects = effects_of_deadline(access.assignment, due)
    return _shown([effects], sent) | {"new_due": due, "looked": True}


def _shown(effects: Iterable[Effects], sent: Any) -> dict[str, Any]:
    """The effects in the order that somebody wants, and a name of all of them."""
    all_ = list(effects)
    wanted = sent.get("sort", "name")
    key = _SORTS.get(wanted.removeprefix("-"), _SORTS["name"])
    backwards = wanted.startswith("-")
    return {
        "effects": all_,
        "sorted": [(one, sorted(one.changed, key=key, reverse=backwards)) for one in all_],
        "sort": wanted,
        "sort_columns": _COLUMNS,
        "seen": look(all_),
        "up": sum(one.up for one in all_),
        "down": sum(one.down for one in all_),
    }


def _status(form: Any, error: str) -> HTTPStatus:
    if form.is_bound and not form.is_valid():
        return HTTPStatus.UNPROCESSABLE_ENTITY
    return HTTPStatus.CONFLICT if error else HTTPStatus.OK
