"""When a request came in, and how much of it is taken: round the application, before any view.

Django under ASGI reads the whole body before a view runs. A large upload over a slow line would
then be as late as its last byte, so the moment of the headers is noted here, where it is known.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from grader import logs
from web.headers import OURS, PERMISSIONS
from web.requests import HEADER, new_number

log = logging.getLogger(__name__)

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LONGEST_UPLOAD = timedelta(minutes=5)
"""How long a body may take for its arrival to count; who holds a request open gains no time."""
_KEY = "sandglass.arrival"
_DRAINED = 4
"""How many times the limit is read and thrown away, so that a browser gets to read the answer."""
_DRAIN_SECONDS = 60.0
_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    b"base-uri 'none'; form-action 'none'; object-src 'none'; frame-ancestors 'none'"
)


@dataclass(slots=True)
class Stamp:
    """When a request's headers were there, and when its body was complete."""

    headers: datetime
    body: datetime | None = None


def received_at(request: HttpRequest, now: datetime) -> datetime:
    """When the request came in, as counts for a deadline; `now` where nobody has noted it."""
    scope: Scope = getattr(request, "scope", {})
    stamp: Stamp | None = scope.get(_KEY)
    if stamp is None or stamp.body is None or stamp.body - stamp.headers > LONGEST_UPLOAD:
        return now
    return stamp.headers


def with_arrival(application: Application, limit: int) -> Application:
    """The application, with each request stamped and no body of more than `limit` bytes."""

    async def stamped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        stamp = Stamp(datetime.now(UTC))
        body = _Body(receive, limit, stamp)
        if _declared_length(scope) > limit:
            await _refuse(scope, body, send, limit)
            return
        await application({**scope, _KEY: stamp}, body.receive, send)
        if body.too_large:
            await _refuse(scope, body, send, limit)

    return stamped


class _Body:
    """A request's body on its way in, counted."""

    def __init__(self, receive: Receive, limit: int, stamp: Stamp) -> None:
        self._receive = receive
        self._limit = limit
        self._stamp = stamp
        self._bytes = 0
        self._more = True

    @property
    def too_large(self) -> bool:
        """Whether more has come than may."""
        return self._bytes > self._limit

    async def receive(self) -> Message:
        """The next message for the application, for which a body over the limit breaks off."""
        message = await self._next()
        return {"type": "http.disconnect"} if self.too_large else message

    async def drain(self) -> None:
        """Read on to the end, or to what is enough of it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                while self._more and self._bytes <= self._limit * _DRAINED:
                    await self._next()

    async def _next(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request" and self._more:
            self._bytes += len(message.get("body", b""))
            self._more = message.get("more_body", False)
            if not self._more:
                self._stamp.body = datetime.now(UTC)
        elif message["type"] == "http.disconnect":
            self._more = False
        return message


async def _refuse(scope: Scope, body: _Body, send: Send, limit: int) -> None:
    # A client that asks before it sends is answered before it sends.
    if b"expect" not in dict(scope["headers"]):
        await body.drain()
    content_type, content = _answer(scope, limit // 1_000_000)
    number = new_number()
    with logs.about(request=number):
        log.info("an upload of more than %d bytes is refused", limit)
    headers = [
        (b"content-type", content_type),
        (b"content-length", str(len(content)).encode()),
        (b"connection", b"close"),
        (b"cache-control", b"no-store, private"),
        (b"content-security-policy", _POLICY),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (b"referrer-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", OURS.encode()),
        (b"permissions-policy", PERMISSIONS.encode()),
        (HEADER.lower().encode(), number.encode()),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def _answer(scope: Scope, megabytes: int) -> tuple[bytes, bytes]:
    """The content type and the content of the refusal, in the form that was asked for."""
    if b"application/json" in dict(scope["headers"]).get(b"accept", b""):
        sentence = (
            f"The upload is larger than {megabytes} MB, and nothing of it was taken: leave out "
            "data, models and outputs, and upload again."
        )
        return b"application/json", json.dumps({"error": sentence}).encode()
    page = render_to_string("413.html", {"megabytes": megabytes})
    return b"text/html; charset=utf-8", page.encode()


def _declared_length(scope: Scope) -> int:
    value = dict(scope["headers"]).get(b"content-length", b"0")
    return int(value) if value.isdigit() else 0
