"""A list of people from a file: sent in, looked at, applied."""

from __future__ import annotations

import io
from dataclasses import dataclass
from http import HTTPStatus
from typing import BinaryIO, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from grader import drafts, roster
from grader.access import CourseAccess, instructor_course_for
from grader.csv_reading import content_of
from grader.domain.roster import Plan
from grader.errors import DraftOutdated, DraftSpent, NotYours, TableUnreadable
from grader.models import Course, ImportDraft
from grader.roster_reading import CANVAS, read_roster
from web.wording import count

KIND = "roster"
_LONG = 25
"""A group with more people than this is folded up."""
_DIGITS = 9
"""More have no key."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What somebody has chosen for the reading of a file, beside the file."""

    host: str = ""
    same_people: bool = False

    @classmethod
    def of(cls, fields: QueryDict) -> Choices:
        """As the form, or the address, has them."""
        host = "".join(fields.get("host", "").split()).removeprefix("@")
        return cls(host[:200].replace("\0", ""), fields.get("same") == "yes")

    def plan(self, course: Course, content: bytes) -> Plan:
        """What the file would do."""
        people = read_roster(content, host=self.host).people
        return roster.preview(course, people, same_people=self.same_people)


@require_http_methods(["GET", "HEAD", "POST"])
def importing(request: HttpRequest, *, slug: str) -> HttpResponse:
    """Take a file in, show what it would do, do it."""
    assert request.user.is_authenticated
    access = instructor_course_for(request.user, slug)
    if request.method != "POST":
        if "draft" in request.GET:
            return _preview(request, access, _draft(request, access, request.GET))
        return _ask(request, access)
    if "draft" in request.POST:
        return _apply(request, access)
    return _take(request, access)


def _take(request: HttpRequest, access: CourseAccess) -> HttpResponse:
    assert request.user.is_authenticated
    file = request.FILES.get("file")
    if file is None:
        return _ask(request, access, "No file was chosen: choose a CSV file, then send it.")
    try:
        content = content_of(cast("BinaryIO", file), file.size or 0)
        read_roster(content)
    except TableUnreadable as error:
        return _ask(request, access, *error.faults)
    draft = drafts.keep(
        access.course,
        kind=KIND,
        author=request.user,
        name=file.name or "",
        file=io.BytesIO(content),
        size=len(content),
    )
    address = reverse("roster-import", kwargs={"slug": access.course.slug})
    query = urlencode({"draft": draft.pk})
    return HttpResponseRedirect(f"{address}?{query}", status=HTTPStatus.SEE_OTHER)


def _ask(request: HttpRequest, access: CourseAccess, *faults: str) -> HttpResponse:
    context = {"course": access.course, "faults": faults}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    return render(request, "web/roster_import.html", context, status=status)


def _preview(
    request: HttpRequest, access: CourseAccess, draft: ImportDraft, error: str = ""
) -> HttpResponse:
    course, choices = access.course, Choices.of(request.POST if error else request.GET)
    try:
        read = read_roster(drafts.content(draft), host=choices.host)
        plan = choices.plan(course, drafts.content(draft))
    except TableUnreadable as refused:
        return _ask(request, access, *refused.faults)
    context = {
        "course": course,
        "draft": draft,
        "read": read,
        "canvas": read.kind == CANVAS,
        "choices": choices,
        "plan": plan,
        "groups": [
            ("new", "New", plan.new),
            ("back", "Back again", plan.back),
            ("changed", "Changed", plan.changed),
        ],
        "long": _LONG,
        "asks_whether_same": choices.same_people
        or any("another person?" in each.why for each in plan.conflicts),
        "seen": drafts.fingerprint(plan),
        "withdraw": bool(error) and request.POST.get("withdraw") == "yes",
        "error": error,
    }
    status = HTTPStatus.CONFLICT if error else HTTPStatus.OK
    return render(request, "web/roster_preview.html", context, status=status)


def _apply(request: HttpRequest, access: CourseAccess) -> HttpResponse:
    assert request.user.is_authenticated
    course, author, choices = access.course, request.user, Choices.of(request.POST)
    draft = _draft(request, access, request.POST)
    withdraw = request.POST.get("withdraw") == "yes"
    try:
        done = drafts.apply_once(
            draft,
            shown=request.POST.get("seen", ""),
            plan=lambda content: choices.plan(course, content),
            act=lambda plan: roster.apply(
                course, plan, actor=author, source=draft.name, withdraw_missing=withdraw
            ),
            now=timezone.now(),
        )
    except (DraftOutdated, DraftSpent, TableUnreadable) as error:
        return _preview(request, access, draft, str(error))
    messages.success(request, _told(done))
    return redirect("people", slug=course.slug)


def _told(done: roster.Done) -> str:
    parts = [(done.new, "new"), (done.back, "back again"), (done.changed, "changed")]
    said = [f"{number} {words}" for number, words in parts if number]
    if done.withdrawn:
        said.append(f"{count(done.withdrawn, 'student')} withdrawn")
    return f"The list is applied: {', '.join(said) or 'nothing had to be changed'}."


def _draft(request: HttpRequest, access: CourseAccess, fields: QueryDict) -> ImportDraft:
    assert request.user.is_authenticated
    written = fields.get("draft", "")
    if not (written.isascii() and written.isdigit() and len(written) <= _DIGITS):
        raise NotYours(f"draft {written[:20]}")
    return drafts.draft_for(access.course, request.user, int(written), kind=KIND)
