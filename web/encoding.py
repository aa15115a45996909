"""Forms are read as UTF-8, whatever a request says of itself.

Our pages send nothing else, and Django would look a name up among Python's codecs, where some read
no text and some end in an error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware


@sync_and_async_middleware
def utf8(get_response: Callable[..., Any]) -> Callable[..., Any]:
    """Before anything looks into a form."""
    if iscoroutinefunction(get_response):

        async def waiting(request: HttpRequest) -> HttpResponseBase:
            request.encoding = settings.DEFAULT_CHARSET
            answer: HttpResponseBase = await get_response(request)
            return answer

        return waiting

    def at_once(request: HttpRequest) -> HttpResponseBase:
        request.encoding = settings.DEFAULT_CHARSET
        answer: HttpResponseBase = get_response(request)
        return answer

    return at_once
