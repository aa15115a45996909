"""A submission: where it stands, what happens to it, what it gave."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from ninja import Router

from grader.access import submission_for
from grader.queries.submission import submission_page
from web.api import answers
from web.api.tokens import asker
from web.live import stream, words_for
from web.views import submission as pages

router = Router()
_GRADED = {
    "done": "Graded.",
    "rejected": "It cannot be graded as it is; the results say why.",
    "fault": "A fault of ours: it costs nothing, and staff are told.",
    "superseded": "A newer upload took its place in the queue.",
}


@router.get("/submissions/{pk}", response={HTTPStatus.OK: answers.Submission, 404: answers.Trouble})
def submission(request: HttpRequest, pk: int) -> dict[str, Any]:
    """Where a submission stands, and its points once it is graded."""
    access = submission_for(asker(request), pk)
    page = submission_page(access, timezone.now())
    standing = page.standing
    words = words_for(standing, access.course.zone) if standing.active else _GRADED[standing.state]
    return {
        "id": pk,
        "course": access.course.slug,
        "homework": access.assignment.slug,
        "received_at": access.submission.received_at,
        "state": standing.state,
        "active": standing.active,
        "words": words,
        "score": page.report.score if page.report else None,
        "counted": bool(page.report and page.report.counted),
        "page": request.build_absolute_uri(reverse("submission", kwargs={"pk": pk})),
    }


@router.get("/submissions/{pk}/results")
def results(request: HttpRequest, pk: int) -> Any:
    """The report in Gradescope's format, with what the token's owner may see."""
    return pages.results(request, pk=pk)


@router.get("/submissions/{pk}/events")
def events(request: HttpRequest, pk: int) -> Any:
    """What happens to it, as server-sent events: `state`, `check`, and `finished` at the end."""
    access = submission_for(asker(request), pk)
    return stream(asker(request).pk, pk, access.course.zone)
