"""The interface as a whole: its parts, and what is answered when a request cannot be."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, ValidationError

from grader.api_tokens import Scope
from grader.blobs import BlobLost
from grader.errors import AnswersUnreadable, NotYours, UploadRefused
from web.api.courses import router as courses
from web.api.submissions import router as submissions
from web.api.tokens import Bearer
from web.rate_limits import TooMany
from web.views.errors import refused_until, words_for

log = logging.getLogger(__name__)

_SHOW_ONE = (
    "This needs a token: make one on the page /tokens/ and send it in the header "
    '"Authorization: Bearer ...". A token that was taken back or has expired is none.'
)
_NOT_THERE = "There is no such thing, or it is not yours."
_LOST = "A file of ours cannot be read now. This is our fault; try again later."

api = NinjaAPI(
    title="Sandglass",
    version="1",
    description="Homeworks, uploads and results, for a person's own programs.",
    urls_namespace="api",
    auth=Bearer(Scope.READ),
    docs_url=None,  # its page loads scripts of its own, which our pages refuse
)
api.add_router("", courses, tags=["courses"])
api.add_router("", submissions, tags=["submissions"])


@api.exception_handler(AuthenticationError)
def _no_token(request: HttpRequest, _error: Any) -> HttpResponse:
    answer = _told(request, _SHOW_ONE, HTTPStatus.UNAUTHORIZED)
    answer["WWW-Authenticate"] = 'Bearer realm="Sandglass"'
    return answer


@api.exception_handler(NotYours)
def _not_there(request: HttpRequest, _error: Any) -> HttpResponse:
    return _told(request, _NOT_THERE, HTTPStatus.NOT_FOUND)


@api.exception_handler(UploadRefused)
def _refused(request: HttpRequest, error: UploadRefused) -> HttpResponse:
    sentences = error.sentences if isinstance(error, AnswersUnreadable) else {}
    return _told(request, str(error), HTTPStatus.UNPROCESSABLE_ENTITY, answers=dict(sentences))


@api.exception_handler(ValidationError)
def _malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    faults = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors]
    return _told(request, "; ".join(faults), HTTPStatus.UNPROCESSABLE_ENTITY)


@api.exception_handler(TooMany)
def _too_often(request: HttpRequest, many: TooMany) -> HttpResponse:
    told = {"retry_after": many.seconds, "ticket": getattr(many, "ticket", "")}
    answer = _told(request, words_for(many), HTTPStatus.TOO_MANY_REQUESTS, **told)
    return refused_until(answer, many)


@api.exception_handler(BlobLost)
def _lost(request: HttpRequest, error: BlobLost) -> HttpResponse:
    log.error("%s needs a file that storage does not give", request.path, exc_info=error)
    return _told(request, _LOST, HTTPStatus.SERVICE_UNAVAILABLE)


def _told(request: HttpRequest, words: str, status: HTTPStatus, **more: Any) -> HttpResponse:
    answer: HttpResponse = api.create_response(request, {"error": words, **more}, status=status)
    return answer
