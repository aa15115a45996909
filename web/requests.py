"""A number for each request: in the answer's header, on pages of errors, in every line of the log.

Who meets an error tells staff the number, and `grep` finds what happened. It is ours alone: what a
browser sends as one is not looked at.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from grader import logs
from web import measures

log = logging.getLogger(__name__)

HEADER = "X-Request-ID"
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Nothing in it is mistaken for something else when it is read out."""
_LENGTH = 10
_IDS = {"pk": "submission", "slug": "course", "homework": "homework"}
"""The parts of an address by what a line of the log calls them."""
_QUIET = {"healthz", "readyz", "metrics"}
"""Asked by machines, every few seconds."""


def new_number() -> str:
    """A number that nobody had before; short, for it is read out."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


class NumberedRequests:
    """The outermost middleware: numbers a request, logs and counts how it was answered."""

    sync_capable: ClassVar[bool] = True
    async_capable: ClassVar[bool] = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self._next = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Answer the request, under its number."""
        if self._is_async:
            return self._later(request)
        with logs.about(request=new_number()):
            began = time.monotonic()
            return _told(request, self._next(request), began)

    async def _later(self, request: HttpRequest) -> HttpResponseBase:
        with logs.about(request=new_number()):
            began = time.monotonic()
            return _told(request, await self._next(request), began)

    def process_view(
        self, _request: HttpRequest, _view: Any, _words: Any, address: dict[str, Any]
    ) -> None:
        """Say in the log what the request is about, as its address names it."""
        logs.note(**{_IDS[part]: value for part, value in address.items() if part in _IDS})


def _told(request: HttpRequest, response: HttpResponseBase, began: float) -> HttpResponseBase:
    response[HEADER] = logs.told()["request"]
    seconds = time.monotonic() - began
    match = request.resolver_match
    name = (match.view_name if match else "") or _unnamed(request)
    level = logging.DEBUG if name in _QUIET or name == "static" else logging.INFO
    status, method = response.status_code, request.method or ""
    log.log(level, "%s %s: %d in %d ms", method, name, status, seconds * 1000)
    measures.answered(name, method, status, seconds)
    return response


def _unnamed(request: HttpRequest) -> str:
    return "static" if request.path.startswith(f"/{settings.STATIC_URL.strip('/')}/") else "nothing"
