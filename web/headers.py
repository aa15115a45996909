"""What goes with every answer: what others may do with it, and what a page may ask of a browser.

The content security policy is Django's setting; what a single view changes, it says itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

_NOT_FOR_US = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "usb",
)
PERMISSIONS = ", ".join(f"{feature}=()" for feature in _NOT_FOR_US)
"""No page of ours needs any of these, and nothing that got into one may ask for it."""
OURS, EVERYBODYS = "same-origin", "cross-origin"
"""Who may load an answer into a page. A file in its frame has no origin, and needs its styles."""


@sync_and_async_middleware
def apart(get_response: Callable[..., Any]) -> Callable[..., Any]:
    """Round everything, static files too."""
    if iscoroutinefunction(get_response):

        async def waiting(request: HttpRequest) -> HttpResponseBase:
            return _marked(request, await get_response(request))

        return waiting

    def at_once(request: HttpRequest) -> HttpResponseBase:
        return _marked(request, get_response(request))

    return at_once


def _marked(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    public = request.path.startswith(settings.STATIC_URL)
    response.headers.setdefault("Permissions-Policy", PERMISSIONS)
    response.headers.setdefault("Cross-Origin-Resource-Policy", EVERYBODYS if public else OURS)
    return response
