"""Our grades in somebody else's file: it is sent in, looked at with what would change, loaded."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, BinaryIO, cast
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from grader import drafts
from grader.access import CourseAccess, staff_course_for
from grader.errors import NotYours, TableUnreadable
from grader.exports.audit import FILLED, last_mapping, record
from grader.exports.filling import Filler, fillers
from grader.exports.safe_names import safe_part
from grader.exports.sheet import Choice, sheet
from grader.models import ImportDraft
from web.downloads import sent

_KIND = "gradebook"
_NO_FILE = "No file was chosen: choose the CSV file that Canvas has given you, then send it."
_CHANGED = (
    "Grades or columns have changed since you looked, so nothing was loaded. Look again at what "
    "changes, below."
)
_SHOWN = 200
"""How many changes a page shows; the file has all of them."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A file, and how it is to be filled."""

    draft: ImportDraft
    filler: Filler
    chosen: dict[int, str]
    scale: bool


@require_http_methods(["GET", "HEAD", "POST"])
def filling(request: HttpRequest, *, slug: str) -> HttpResponseBase:
    """Take a file, show what it would become, and give it back."""
    assert request.user.is_authenticated
    access = staff_course_for(request.user, slug)
    if request.method != "POST":
        if "draft" not in request.GET:
            return _ask(request, access)
        return _preview(request, access, _asked(request, access, request.GET))
    if "draft" in request.POST:
        return _load(request, access)
    file = request.FILES.get("file")
    if file is None:
        return _ask(request, access, _NO_FILE)
    try:
        draft = drafts.keep(
            access.course,
            kind=_KIND,
            author=request.user,
            name=file.name or "",
            file=cast("BinaryIO", file),
            size=file.size or 0,
        )
        _filler(access, draft)
    except TableUnreadable as error:
        return _ask(request, access, *error.faults)
    address = reverse("exports-fill", kwargs={"slug": slug})
    return HttpResponseRedirect(f"{address}?{urlencode({'draft': draft.pk})}", status=303)


def _load(request: HttpRequest, access: CourseAccess) -> HttpResponseBase:
    asked = _asked(request, access, request.POST)
    plan, content = asked.filler.plan(asked.chosen, scale=asked.scale)
    if drafts.fingerprint(plan) != request.POST.get("seen"):
        return _preview(request, access, asked, _CHANGED)
    detail = {
        "format": FILLED,
        "file": asked.draft.name,
        "columns": plan.mapping,
        "changes": len(plan.changes),
        "scale": asked.scale,
    }
    with transaction.atomic():
        record(access, f"course {access.course.slug}", detail)
    return sent(request, iter([content]), safe_part(asked.draft.name or "grades.csv"), "text/csv")


def _filler(access: CourseAccess, draft: ImportDraft) -> Filler:
    everybody = Choice(withdrawn=True)
    book = sheet(access.course, everybody, now=timezone.now(), by=access.membership.user.name)
    return Filler(drafts.content(draft), book)


def _asked(request: HttpRequest, access: CourseAccess, fields: Any) -> _Asked:
    """The file, and what is to fill its columns: as was chosen, or as we would propose."""
    assert request.user.is_authenticated
    text = fields.get("draft", "")
    if not (text.isascii() and text.isdecimal() and len(text) < len(str(2**63))):
        raise NotYours(f"draft {text} of {access.course.slug}")
    draft = drafts.draft_for(access.course, request.user, int(text), kind=_KIND)
    filler = _filler(access, draft)
    if "chosen" not in fields:
        return _Asked(draft, filler, filler.proposals(last_mapping(access.course)), scale=True)
    chosen = {
        place: said
        for place in range(len(filler.header))
        if (said := fields.get(f"column-{place}", ""))
    }
    return _Asked(draft, filler, chosen, scale="scale" in fields)


def _preview(
    request: HttpRequest, access: CourseAccess, asked: _Asked, changed: str = ""
) -> HttpResponse:
    plan, _ = asked.filler.plan(asked.chosen, scale=asked.scale)
    context = {
        "course": access.course,
        "draft": asked.draft,
        "plan": plan,
        "scale": asked.scale,
        "fillers": fillers(asked.filler.sheet),
        "changes": plan.changes[:_SHOWN],
        "more": max(len(plan.changes) - _SHOWN, 0),
        "seen": drafts.fingerprint(plan),
        "error": changed,
        "can_load": bool(plan.mapping),
    }
    status = HTTPStatus.CONFLICT if changed else HTTPStatus.OK
    return render(request, "web/exports_filling.html", context, status=status)


def _ask(request: HttpRequest, access: CourseAccess, *faults: str) -> HttpResponse:
    context = {"course": access.course, "faults": faults}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    return render(request, "web/exports_file.html", context, status=status)
