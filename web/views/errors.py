"""What is answered when a request cannot be: pages that say what to do next."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.views.defaults import bad_request as plainly_bad


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


def _private(response: HttpResponse) -> HttpResponse:
    # The reader's name stands at the top of these pages too.
    add_never_cache_headers(response)
    return response
