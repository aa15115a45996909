"""The page of a submission: where it stands, live; then its report, and its files beside it."""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO

from asgiref.sync import sync_to_async
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from grader.access import SubmissionAccess, staff_submission_for, submission_for
from grader.errors import NotYours
from grader.pipeline.retry import retry as try_again
from grader.queries.feedback import phase_for, results_json
from grader.queries.sources import shown_file, uploaded_file
from grader.queries.submission import finished_job, submission_page
from web.live import stream, words_for
from web.reading import rendered

_FRAME_POLICY = (
    "sandbox; default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'none'"
)
_DOWNLOAD_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
"""Should a browser show a download all the same, it is nobody's page and may nothing."""
_REPORT, _WHOLE = "web/submission_outcome.html", "web/submission.html"


@require_safe
def page(request: HttpRequest, *, pk: int) -> HttpResponse:
    """The whole page, or with `?part=report` what takes the place of the live part."""
    access, now = _access(request, pk), timezone.now()
    shown = submission_page(access, now)
    context = {
        "course": access.course,
        "zone": access.course.zone,
        "assignment": access.assignment,
        "submission": access.submission,
        "is_staff": access.is_staff,
        "is_own": access.is_own,
        "page": shown,
        "report": shown.report,
        "words": words_for(shown.standing, access.course.zone) if shown.standing.active else "",
    }
    part = request.GET.get("part") == "report"
    return render(request, _REPORT if part else _WHOLE, context)


@require_POST
def retry(request: HttpRequest, *, pk: int) -> HttpResponseRedirect:
    """Staff have a submission graded again that met a fault of ours; the page says what follows."""
    assert request.user.is_authenticated
    try_again(staff_submission_for(request.user, pk).submission, request.user)
    address = reverse("submission", kwargs={"pk": pk})
    return HttpResponseRedirect(address, status=HTTPStatus.SEE_OTHER)


@require_safe
async def live(request: HttpRequest, *, pk: int) -> StreamingHttpResponse:
    """What happens to the submission, as server-sent events."""
    user = await request.auser()
    assert user.is_authenticated
    access = await sync_to_async(submission_for)(user, pk)
    # A HEAD is answered at once: nobody would hear what follows.
    return stream(user.pk, pk, access.course.zone, silent=request.method != "GET")


@require_safe
def results(request: HttpRequest, *, pk: int) -> HttpResponse:
    """The report in Gradescope's format, with what this reader may see."""
    access = _access(request, pk)
    job = finished_job(access)
    if job is None:
        raise NotYours(f"results of submission {pk}")
    report = results_json(job, access.audience, phase_for(access, timezone.now()))
    response = JsonResponse(report, json_dumps_params={"indent": 2})
    response["Content-Disposition"] = f'attachment; filename="submission-{pk}-results.json"'
    return response


@require_safe
def download(request: HttpRequest, *, pk: int, file: int) -> FileResponse:
    """A file as it was uploaded. A browser keeps it and never shows it."""
    name, data = uploaded_file(_access(request, pk), file)
    response = FileResponse(
        BytesIO(data),
        as_attachment=True,
        filename=name.rpartition("/")[2],
        content_type="application/octet-stream",
    )
    response["Content-Security-Policy"] = _DOWNLOAD_POLICY
    return response


@require_safe
@xframe_options_sameorigin
def view(request: HttpRequest, *, pk: int, file: int) -> HttpResponse:
    """A file to look at: a bare document for a frame, in which nothing runs and nothing loads."""
    name, data = shown_file(_access(request, pk), file)
    context = {"name": name, "content": rendered(name, data), "theme": _theme(request)}
    response = render(request, "web/view.html", context)
    response["Content-Security-Policy"] = _FRAME_POLICY
    return response


def _access(request: HttpRequest, pk: int) -> SubmissionAccess:
    assert request.user.is_authenticated
    return submission_for(request.user, pk)


def _theme(request: HttpRequest) -> str:
    """The colours that the reader chose; empty follows the system, as the frame has no script."""
    chosen = request.COOKIES.get("theme", "")
    return chosen if chosen in ("light", "dark") else ""
