"""The page of a homework: what to do, what it would cost now, and the form for handing in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from uuid import uuid4

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from grader.access import AssignmentAccess, assignment_for
from grader.errors import AnswersUnreadable, NotYours, RuleRefused, UploadRefused
from grader.pipeline.hand_in import hand_in
from grader.queries.homework import homework_page
from grader.queries.questions import QuestionGroup
from grader.slip_days import declare, slip_budget
from web import wording
from web.answering import Typed, typed_answers
from web.arrival import received_at
from web.policy import loss_now, rules
from web.rate_limits import TooMany, take
from web.rendering import render_markdown
from web.uploads import read_files, token_of
from web.views.errors import refused_until, words_for
from web.waiting import moment_of, ticket_for

_DIGITS = 4
_NO_FILE = "No file was chosen: choose the files of this homework, then upload."


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, *, slug: str, homework: str) -> HttpResponse:
    """Show the homework, or take an upload."""
    assert request.user.is_authenticated
    now = timezone.now()
    access = assignment_for(request.user, slug, homework, now)
    if request.method != "POST":
        return _show(request, access, now)
    shown = homework_page(access, now)
    typed = typed_answers(request.POST, shown.questions())
    try:
        files = read_files(request.FILES.getlist("files"))
        if not files and typed is None:
            raise UploadRefused(_NO_FILE)  # noqa: TRY301 - one way out for all refusals
        token = token_of(request.POST.get("token", ""), files, typed)
        before = moment_of(request.POST.get("ticket", ""), access.membership.pk, token)
        arrived = before or received_at(request, now)
        take("upload", str(request.user.pk))
        submission = hand_in(
            access.assignment,
            access.membership,
            files=files,
            answers=typed,
            received_at=arrived,
            token=token,
        )
    except TooMany as many:
        ticket = ticket_for(access.membership.pk, token, arrived)
        return _wait(request, access, many, ticket, typed)
    except UploadRefused as error:
        return _refuse(request, access, now, error, typed)
    address = reverse("submission", kwargs={"pk": submission.pk})
    if _wants_json(request):
        return JsonResponse({"url": address})
    return HttpResponseRedirect(address, status=HTTPStatus.SEE_OTHER)


@require_safe
def handout(request: HttpRequest, *, slug: str, homework: str) -> HttpResponseBase:
    """The files that a student starts from, as a zip."""
    assert request.user.is_authenticated
    access = assignment_for(request.user, slug, homework, timezone.now())
    version = access.assignment.version
    if version is None:
        raise NotYours(f"handout of {homework}")
    return FileResponse(
        default_storage.open(version.handout),
        as_attachment=True,
        filename=f"{slug}-{homework}.zip",
        content_type="application/zip",
    )


@require_POST
def slip_days(request: HttpRequest, *, slug: str, homework: str) -> HttpResponse:
    """Declare how many slip days the reader spends on this homework."""
    assert request.user.is_authenticated
    now = timezone.now()
    access = assignment_for(request.user, slug, homework, now)
    written = request.POST.get("days", "")
    try:
        if access.is_staff:
            raise RuleRefused("Staff set slip days of students on the page of slip days.")  # noqa: TRY301
        if not (written.isascii() and written.isdigit() and len(written) <= _DIGITS):
            raise RuleRefused("Choose how many slip days to spend.")  # noqa: TRY301
        declare(access.assignment, access.membership, int(written), author=request.user)
    except RuleRefused as error:
        return _show(request, access, now, slip_error=str(error))
    address = reverse("homework", args=[slug, homework])
    return HttpResponseRedirect(f"{address}#slip-days", status=HTTPStatus.SEE_OTHER)


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why an upload was not taken, and what the page keeps of it for the next try."""

    words: str
    typed: Mapping[str, Typed] | None
    sentences: Mapping[str, str] = field(default_factory=dict)
    status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY
    token: str = ""
    ticket: str = ""


def _show(
    request: HttpRequest,
    access: AssignmentAccess,
    now: datetime,
    refusal: _Refusal | None = None,
    slip_error: str = "",
) -> HttpResponse:
    shown = homework_page(access, now)
    status = refusal.status if refusal else HTTPStatus.OK
    return render(
        request,
        "web/homework.html",
        {
            "course": access.course,
            "zone": access.course.zone,
            "is_staff": access.is_staff,
            "now": now,
            "page": shown,
            "assignment": shown.assignment,
            "statement": render_markdown(shown.statement, first_heading=2),
            "loss_now": loss_now(shown.cost.now, shown.cost.policy) if shown.cost else "",
            "rules": rules(access.course.late_policy),
            # One for each form: sent twice, it is one submission.
            "token": (refusal and refusal.token) or uuid4(),
            "ticket": refusal.ticket if refusal else "",
            "max_bytes": min(settings.SANDGLASS_UPLOAD_BYTES, shown.max_bytes),
            "error": refusal.words if refusal else "",
            "questions": (asked := shown.questions(refusal.typed if refusal else None)),
            "answered": _answered(asked),
            "unreadable": refusal.sentences if refusal else {},
            "slip": slip_budget(access),
            "slip_error": slip_error,
        },
        status=HTTPStatus.UNPROCESSABLE_ENTITY if slip_error else status,
    )


def _answered(groups: Iterable[QuestionGroup]) -> str:
    """How many questions have an answer: `2 of 6 questions`."""
    questions = [question for group in groups for question in group.questions]
    have = sum(question.answered for question in questions)
    return f"{have} of {wording.count(len(questions), 'question')}"


def _refuse(
    request: HttpRequest,
    access: AssignmentAccess,
    now: datetime,
    error: UploadRefused,
    typed: Mapping[str, Typed] | None,
) -> HttpResponse:
    """What is wrong, beside what was typed."""
    sentences = error.sentences if isinstance(error, AnswersUnreadable) else {}
    if _wants_json(request):
        told = {"error": str(error), **({"answers": sentences} if sentences else {})}
        return JsonResponse(told, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _show(request, access, now, _Refusal(str(error), typed, sentences))


def _wait(
    request: HttpRequest,
    access: AssignmentAccess,
    many: TooMany,
    ticket: str,
    typed: Mapping[str, Typed] | None,
) -> HttpResponse:
    """Too many within a minute: when to send it again, and a ticket that keeps its arrival."""
    words, now = words_for(many), timezone.now()
    if _wants_json(request):
        told = {"error": words, "retry_after": many.seconds, "ticket": ticket}
        return refused_until(JsonResponse(told), many)
    words += " What you typed is still here; the same files, chosen once more, count as sent now."
    form = request.POST.get("token", "")
    refusal = _Refusal(words, typed, token=form, ticket=ticket)
    return refused_until(_show(request, access, now, refusal), many)


def _wants_json(request: HttpRequest) -> bool:
    return not request.accepts("text/html")
