"""What is answered when a request cannot be: pages that say what to do next."""

from __future__ import annotations

from http import HTTPStatus

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.views.defaults import bad_request as plainly_bad

from web import wording
from web.rate_limits import TooMany

_TOO_MANY = {
    "sign-in": "These were many tries with a wrong password. The next one is taken {soon}.",
    "sign-in-account": "Many passwords were tried for this address, from browsers that have never "
    "signed in with it. From one of those, as this one is, the next try is taken {soon}. A browser "
    "in which you signed in before is not held up.",
    "sign-in-address": "Many people, or somebody many times, tried to sign in from your network. "
    "The next try is taken {soon}. A browser in which you signed in before is not held up.",
    "sign-on": "Many people, or somebody many times, tried to sign in from your network. The next "
    "try is taken {soon}.",
    "reset": "This address was asked for several times within an hour. If your course knows it, "
    "the mails are on their way, and the link in each of them works: look among unwanted mail, "
    "too. Another one can be sent {soon}.",
    "reset-address": "Many links were asked for from your network. The next one can be sent "
    "{soon}.",
    "upload": "Your account has uploaded several times within a minute. The next upload is taken "
    "{soon}.",
    "lti": "Very many links were opened from your network at once. Open yours again {soon}.",
}
_OFTEN = "Your account has asked for very much at once. Try again {soon}; nothing is lost."


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - given by Django
    """404: no such page, or not for this reader; the two look the same."""
    return _private(render(request, "404.html", status=404))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, or 413 where the request is only too large."""
    if isinstance(exception, RequestDataTooBig):
        return _private(render(request, "413.html", status=413))
    return _private(plainly_bad(request, exception))


def file_lost(request: HttpRequest) -> HttpResponse:
    """503: a file of ours cannot be read; nothing that the reader did."""
    return _private(render(request, "503.html", status=503))


def words_for(many: TooMany) -> str:
    """What was too often, and when it goes again."""
    return _TOO_MANY.get(many.limit, _OFTEN).format(soon=wording.soon(many.seconds))


def too_many(request: HttpRequest, many: TooMany) -> HttpResponse:
    """429: too often; when it goes again."""
    if request.accepts("text/html"):
        answer = render(request, "429.html", {"refused": words_for(many)})
    else:
        answer = JsonResponse({"error": words_for(many), "retry_after": many.seconds})
    return _private(refused_until(answer, many))


def refused_until(response: HttpResponse, many: TooMany) -> HttpResponse:
    """An answer made one for "too often"."""
    response.status_code = HTTPStatus.TOO_MANY_REQUESTS
    response["Retry-After"] = str(many.seconds)
    return response


def _private(response: HttpResponse) -> HttpResponse:
    # The reader's name stands at the top of these pages too.
    add_never_cache_headers(response)
    return response
