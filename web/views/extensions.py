"""Extensions and slip days, for staff: who has more time, and what that changes."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from grader import drafts, extensions
from grader.access import CourseAccess, staff_course_for, staff_extension_for
from grader.csv_reading import read_table
from grader.domain.states import Role
from grader.drafts import fingerprint
from grader.effects import look
from grader.errors import DraftOutdated, DraftSpent, NotYours, RuleRefused, TableUnreadable
from grader.extensions import Plan, effects_of, effects_of_revoking, plan_of_form, plan_of_table
from grader.models import ImportDraft
from grader.pipeline.extend import grant_all
from grader.queries.extensions import extension_list, slip_rows
from grader.queries.listing import searched
from grader.slip_days import Choice, choices, declare
from web.rule_forms import ExtensionForm, SlipDaysForm
from web.wording import count

_KIND = "extensions"
_LONGEST_KEY = 9


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, *, slug: str) -> HttpResponse:
    """All extensions; a form to grant one, looked at first."""
    assert request.user.is_authenticated
    access = staff_course_for(request.user, slug)
    if request.method != "POST":
        return _show(request, access, ExtensionForm(access.course))
    form = ExtensionForm(access.course, request.POST)
    if not form.is_valid():
        return _show(request, access, form)
    try:
        plan = _planned(form)
        if "seen" not in request.POST:
            return _preview(request, access, plan, form=form)
        extensions.grant(lambda: _planned(form), seen=request.POST["seen"], author=request.user)
    except RuleRefused as error:
        form.add_error(None, str(error))
        return _show(request, access, form)
    except DraftOutdated as error:
        return _preview(request, access, _planned(form), form=form, error=str(error))
    return _granted(request, access, plan)


@require_http_methods(["GET", "HEAD", "POST"])
def importing(request: HttpRequest, *, slug: str) -> HttpResponse:
    """Take a file of extensions, show what they would change, and grant them."""
    assert request.user.is_authenticated
    access = staff_course_for(request.user, slug)
    if request.method != "POST":
        if "draft" not in request.GET:
            return _ask(request, access)
        return _preview_of_file(request, access, _draft(request, access))
    if "draft" in request.POST:
        return _apply(request, access)
    file = request.FILES.get("file")
    if file is None:
        return _ask(request, access, "No file was chosen: choose a CSV file, then send it.")
    try:
        draft = drafts.keep(
            access.course,
            kind=_KIND,
            author=request.user,
            name=file.name or "",
            file=cast("BinaryIO", file),
            size=file.size or 0,
        )
        _plan(access, drafts.content(draft))
    except TableUnreadable as error:
        return _ask(request, access, *error.faults)
    address = reverse("extension-import", args=[access.course.slug])
    return HttpResponseRedirect(f"{address}?draft={draft.pk}", status=HTTPStatus.SEE_OTHER)


@require_http_methods(["GET", "HEAD", "POST"])
def revoking(request: HttpRequest, *, slug: str, extension: int) -> HttpResponse:
    """What would be lost with an extension; take it back."""
    assert request.user.is_authenticated
    access, row = staff_extension_for(request.user, slug, extension)
    error = ""
    if request.method == "POST":
        try:
            done = extensions.revoke_as_seen(
                row, seen=request.POST.get("seen", ""), author=request.user, now=timezone.now()
            )
        except DraftOutdated as outdated:
            error = str(outdated)
        else:
            told = "Revoked." if done else "Somebody has revoked it already."
            messages.success(request, f"{told} Scores are made again.")
            return _to_list(access)
    effects = effects_of_revoking(row)
    context = {
        **_about(access),
        "extension": row,
        "effects": [effects],
        "seen": look([effects]),
        "error": error,
    }
    status = HTTPStatus.CONFLICT if error else HTTPStatus.OK
    return render(request, "web/extension_revoke.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def slip_days(request: HttpRequest, *, slug: str) -> HttpResponse:
    """Who spends slip days on what; staff may set them."""
    assert request.user.is_authenticated
    access = staff_course_for(request.user, slug)
    form = SlipDaysForm(access.course, request.POST if request.method == "POST" else None)
    told: Choice | None = None
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        if "confirmed" not in request.POST:
            every = choices(said["chosen"], said["member"])
            told = next((choice for choice in every if choice.days == said["days"]), None)
    if form.is_bound and form.is_valid() and told is None:
        said = form.cleaned_data
        try:
            declare(said["chosen"], said["member"], said["days"], author=request.user)
        except RuleRefused as error:
            form.add_error(None, str(error))
        else:
            days = count(said["days"], "slip day")
            messages.success(
                request, f"{said['member'].user.name}: {days} on {said['chosen'].title}."
            )
            return HttpResponseRedirect(request.path, status=HTTPStatus.SEE_OTHER)
    homeworks = list(access.course.assignments.all())
    context = {
        **_about(access),
        "form": form,
        "told": told,
        "homeworks": homeworks,
        "rows": slip_rows(access.course, homeworks),
        "budget": access.course.late_policy.slip_days,
    }
    return render(request, "web/slip_days.html", context, status=_status(form))


def _planned(form: ExtensionForm) -> Plan:
    said = form.cleaned_data
    return plan_of_form(
        said["whom"],
        said["chosen"],
        until=said["until"],
        days=said["days"],
        reason=said["reason"],
    )


def _show(request: HttpRequest, access: CourseAccess, form: ExtensionForm) -> HttpResponse:
    asked = request.GET
    context = {
        **_about(access),
        "form": form,
        "homeworks": list(access.course.assignments.all()),
        "may_change_rules": access.membership.role == Role.INSTRUCTOR,
        "has_slip_days": bool(access.course.late_policy.slip_days),
        "page": extension_list(
            access.course,
            homework=asked.get("homework", "").replace("\0", ""),
            words=searched(asked.get("q", "")),
            page=asked.get("page", "1"),
        ),
    }
    return render(request, "web/extensions.html", context, status=_status(form))


def _preview(
    request: HttpRequest,
    access: CourseAccess,
    plan: Plan,
    *,
    form: ExtensionForm | None = None,
    draft: ImportDraft | None = None,
    error: str = "",
) -> HttpResponse:
    context = {
        **_about(access),
        "plan": plan,
        "effects": effects_of(plan.granted),
        "seen": fingerprint(plan),
        "typed": list(_typed(form)) if form else [],
        "draft": draft,
        "error": error,
    }
    status = HTTPStatus.CONFLICT if error else HTTPStatus.OK
    return render(request, "web/extension_preview.html", context, status=status)


def _typed(form: ExtensionForm) -> Iterator[tuple[str, str]]:
    """What was sent, to be sent again with the button."""
    for name in form.fields:
        for value in form.data.getlist(name):  # type: ignore[attr-defined]
            yield name, value


def _ask(request: HttpRequest, access: CourseAccess, *faults: str) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    context = {**_about(access), "faults": faults}
    return render(request, "web/extension_file.html", context, status=status)


def _preview_of_file(
    request: HttpRequest, access: CourseAccess, draft: ImportDraft, error: str = ""
) -> HttpResponse:
    try:
        plan = _plan(access, drafts.content(draft))
    except TableUnreadable as faults:
        return _ask(request, access, *faults.faults)
    return _preview(request, access, plan, draft=draft, error=error)


def _apply(request: HttpRequest, access: CourseAccess) -> HttpResponse:
    assert request.user.is_authenticated
    author, draft = request.user, _draft(request, access)

    def act(plan: Plan) -> Plan:
        grant_all(extensions.wanted_of(plan.granted), author=author)
        return plan

    try:
        plan = drafts.apply_once(
            draft,
            shown=request.POST.get("seen", ""),
            plan=lambda content: _plan(access, content),
            act=act,
            now=timezone.now(),
        )
    except (DraftOutdated, DraftSpent, TableUnreadable) as error:
        return _preview_of_file(request, access, draft, str(error))
    return _granted(request, access, plan)


def _plan(access: CourseAccess, content: bytes) -> Plan:
    table = read_table(content, most_rows=extensions.MOST_ROWS)
    return plan_of_table(access.course, table)


def _draft(request: HttpRequest, access: CourseAccess) -> ImportDraft:
    assert request.user.is_authenticated
    written = request.POST.get("draft") or request.GET.get("draft", "")
    if not (written.isascii() and written.isdigit() and len(written) <= _LONGEST_KEY):
        raise NotYours(f"draft {written}")
    return drafts.draft_for(access.course, request.user, int(written), kind=_KIND)


def _granted(request: HttpRequest, access: CourseAccess, plan: Plan) -> HttpResponse:
    messages.success(
        request, f"{count(len(plan.granted), 'extension')} granted. Scores are made again."
    )
    return _to_list(access)


def _to_list(access: CourseAccess) -> HttpResponse:
    address = reverse("extensions", args=[access.course.slug])
    return HttpResponseRedirect(address, status=HTTPStatus.SEE_OTHER)


def _about(access: CourseAccess) -> dict[str, Any]:
    return {"course": access.course, "zone": access.course.zone}


def _status(form: Any) -> HTTPStatus:
    bad = form.is_bound and not form.is_valid()
    return HTTPStatus.UNPROCESSABLE_ENTITY if bad else HTTPStatus.OK
