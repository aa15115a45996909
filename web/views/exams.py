"""Exams: who has how many points; entered by form or by file, and looked at before."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import BinaryIO, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from grader import drafts
from grader.access import ExamAccess, instructor_exam_for, staff_course_for, staff_exam_for
from grader.csv_reading import read_table
from grader.errors import DraftOutdated, DraftSpent, NotYours, TableUnreadable
from grader.exams import (
    MOST_ROWS,
    Plan,
    enter,
    plan_of_form,
    plan_of_table,
    students_of,
)
from grader.models import ImportDraft
from grader.queries.exams import exam_list, exam_page
from grader.queries.listing import searched
from web.wording import count, plain

_FIELD, _SHOWN = "points-", "was-"
_KIND = "exam"
_NOTHING = "Nothing was entered: no field was changed."


@require_safe
def listing(request: HttpRequest, *, slug: str) -> HttpResponse:
    """All exams of the course."""
    assert request.user.is_authenticated
    access = staff_course_for(request.user, slug)
    context = {"course": access.course, "exams": exam_list(access.course)}
    return render(request, "web/exams.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, *, slug: str, exam: str) -> HttpResponse:
    """An exam's students with their points; take what was typed into the fields."""
    assert request.user.is_authenticated
    if request.method != "POST":
        return _show(request, staff_exam_for(request.user, slug, exam))
    access = instructor_exam_for(request.user, slug, exam)
    typed = _typed(request)
    members = students_of(access.exam, typed)
    wanted = {members[key]: text for key, text in typed.items() if key in members}
    plan, sentences = plan_of_form(access.exam, wanted)
    if sentences:
        error = "Nothing was entered yet: correct what is said beside the fields."
        return _show(request, access, typed=typed, sentences=sentences, error=error)
    if not plan.changes:
        return _show(request, access, typed=typed, error=_NOTHING)
    seen = request.POST.get("seen", "")
    if plan.replaced and seen != drafts.fingerprint(plan):
        return _confirm(request, access, plan, typed, again=bool(seen))
    try:
        enter(
            access.exam,
            lambda: _as_seen(plan_of_form(access.exam, wanted)[0], plan),
            source="form",
            author=request.user,
        )
    except DraftOutdated:
        return _confirm(request, access, plan_of_form(access.exam, wanted)[0], typed, again=True)
    messages.success(request, _done(plan))
    return HttpResponseRedirect(request.get_full_path(), status=HTTPStatus.SEE_OTHER)


@require_http_methods(["GET", "HEAD", "POST"])
def importing(request: HttpRequest, *, slug: str, exam: str) -> HttpResponse:
    """Take a file, show what it would do, and do it."""
    assert request.user.is_authenticated
    access = instructor_exam_for(request.user, slug, exam)
    asked = request.GET
    if request.method != "POST":
        if "draft" not in asked:
            return _ask(request, access)
        return _preview(request, access, _draft(request, access), _ticked(asked))
    if "draft" in request.POST:
        return _apply(request, access)
    file = request.FILES.get("file")
    if file is None:
        return _ask(request, access, "No file was chosen: choose a CSV file, then send it.")
    try:
        draft = drafts.keep(
            access.course,
            kind=_KIND,
            subject=access.exam.slug,
            author=request.user,
            name=file.name or "",
            file=cast("BinaryIO", file),
            size=file.size or 0,
        )
        _plan(access, draft, take_back=False)
    except TableUnreadable as error:
        return _ask(request, access, *error.faults)
    return _to_draft(access, draft, take_back=_ticked(request.POST))


def _show(
    request: HttpRequest,
    access: ExamAccess,
    *,
    typed: Mapping[int, str] | None = None,
    sentences: Mapping[int, str] | None = None,
    error: str = "",
) -> HttpResponse:
    asked = request.GET
    shown = exam_page(
        access.exam,
        words=searched(asked.get("q", "")),
        section=asked.get("section", "").replace("\0", ""),
        page=asked.get("page", "1"),
    )
    fields = [
        {
            "row": row,
            "stands": _text(row.points),
            "typed": (typed or {}).get(row.student, _text(row.points)),
            "sentence": (sentences or {}).get(row.student, ""),
        }
        for row in shown.rows
    ]
    context = {
        "course": access.course,
        "zone": access.course.zone,
        "exam": access.exam,
        "may_enter": access.may_enter,
        "page": shown,
        "fields": fields,
        "error": error,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return render(request, "web/exam.html", context, status=status)


def _confirm(
    request: HttpRequest, access: ExamAccess, plan: Plan, typed: Mapping[int, str], *, again: bool
) -> HttpResponse:
    """Points that stand are about to be replaced: which, before they are."""
    context = {
        "course": access.course,
        "exam": access.exam,
        "plan": plan,
        "seen": drafts.fingerprint(plan),
        "typed": [(f"{_FIELD}{key}", text) for key, text in typed.items()],
        "error": "Points have changed since you looked. Look again." if again else "",
    }
    status = HTTPStatus.CONFLICT if again else HTTPStatus.OK
    return render(request, "web/exam_import.html", context, status=status)


def _ask(request: HttpRequest, access: ExamAccess, *faults: str) -> HttpResponse:
    context = {"course": access.course, "exam": access.exam, "faults": faults}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    return render(request, "web/exam_file.html", context, status=status)


def _preview(
    request: HttpRequest, access: ExamAccess, draft: ImportDraft, take_back: bool, error: str = ""
) -> HttpResponse:
    try:
        plan = _plan(access, draft, take_back=take_back)
    except TableUnreadable as faults:
        return _ask(request, access, *faults.faults)
    context = {
        "course": access.course,
        "exam": access.exam,
        "draft": draft,
        "plan": plan,
        "seen": drafts.fingerprint(plan),
        "take_back": take_back,
        "error": error,
    }
    status = HTTPStatus.CONFLICT if error else HTTPStatus.OK
    return render(request, "web/exam_import.html", context, status=status)


def _apply(request: HttpRequest, access: ExamAccess) -> HttpResponse:
    assert request.user.is_authenticated
    author, take_back = request.user, _ticked(request.POST)
    draft = _draft(request, access)
    try:
        plan = drafts.apply_once(
            draft,
            shown=request.POST.get("seen", ""),
            plan=lambda content: plan_of_table(
                access.exam, read_table(content, most_rows=MOST_ROWS), take_back=take_back
            ),
            act=lambda plan: enter(access.exam, lambda: plan, source="csv", author=author),
            now=timezone.now(),
        )
    except (DraftOutdated, DraftSpent, TableUnreadable) as error:
        return _preview(request, access, draft, take_back, str(error))
    messages.success(request, _done(plan))
    return HttpResponseRedirect(
        reverse("exam", args=[access.course.slug, access.exam.slug]), status=HTTPStatus.SEE_OTHER
    )


def _plan(access: ExamAccess, draft: ImportDraft, *, take_back: bool) -> Plan:
    table = read_table(drafts.content(draft), most_rows=MOST_ROWS)
    return plan_of_table(access.exam, table, take_back=take_back)


def _draft(request: HttpRequest, access: ExamAccess) -> ImportDraft:
    assert request.user.is_authenticated
    written = request.POST.get("draft") or request.GET.get("draft", "")
    if not (written.isascii() and written.isdigit() and len(written) < 10):  # noqa: PLR2004 - a key
        raise NotYours(f"draft {written}")
    return drafts.draft_for(
        access.course, request.user, int(written), kind=_KIND, subject=access.exam.slug
    )


def _to_draft(access: ExamAccess, draft: ImportDraft, *, take_back: bool) -> HttpResponse:
    address = reverse("exam-import", args=[access.course.slug, access.exam.slug])
    ticked = "&take_back=on" if take_back else ""
    return HttpResponseRedirect(f"{address}?draft={draft.pk}{ticked}", status=HTTPStatus.SEE_OTHER)


def _ticked(fields: Mapping[str, str]) -> bool:
    return fields.get("take_back") == "on"


def _typed(request: HttpRequest) -> dict[int, str]:
    """What somebody has changed, by student: a field that says what it was shown with is left."""
    found = {}
    for name, text in request.POST.items():
        key = name.removeprefix(_FIELD)
        if name.startswith(_FIELD) and key.isascii() and key.isdigit() and len(key) < 10:  # noqa: PLR2004
            written = str(text).strip()
            if written != request.POST.get(f"{_SHOWN}{key}", "").strip():
                found[int(key)] = written
    return found


def _as_seen(plan: Plan, seen: Plan) -> Plan:
    """The plan made anew; `DraftOutdated` where somebody wrote something else meanwhile."""
    if plan != seen:
        raise DraftOutdated
    return plan


def _text(points: object) -> str:
    return "" if points is None else plain(points)  # type: ignore[arg-type]


def _done(plan: Plan) -> str:
    return f"Entered: {count(len(plan.changes), 'change')} of points."
