"""Files that are sent while they are made, under either kind of server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header

_AT_ONCE = 64 * 1024
DOWNLOAD_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
"""Should a browser show a download all the same, it is nobody's page and may nothing."""


def sent(
    request: HttpRequest, parts: Iterator[bytes], name: str, content_type: str
) -> StreamingHttpResponse:
    """An answer that a browser keeps under this name; its parts are made as they are sent."""
    # Django would first make all parts of a plain iterator when an asynchronous server asks.
    content = _one_by_one(parts) if isinstance(request, ASGIRequest) else parts
    response = StreamingHttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Content-Security-Policy"] = DOWNLOAD_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    return response


async def _one_by_one(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (part := await sync_to_async(_next)(parts)) is not None:
        yield part


def _next(parts: Iterator[bytes]) -> bytes | None:
    """The next parts together: a line of a table alone is not worth the way between threads."""
    some, size = [], 0
    for part in parts:
        some.append(part)
        size += len(part)
        if size >= _AT_ONCE:
            break
    return b"".join(some) if some else None
