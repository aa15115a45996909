"""What stands before every page of a person: sign in first, and what is not yours is not there.

`web/urls.py` puts each view behind it, so that no view can forget to.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.cache import add_never_cache_headers

from grader.blobs import BlobLost
from grader.errors import NotYours
from web.rate_limits import TooMany, take
from web.views.errors import file_lost, not_found, too_many

log = logging.getLogger(__name__)

ENDED = "Your session has ended. Sign in again in another tab, then repeat this here."


def signed_in(view: Callable[..., Any], limit: str = "") -> Callable[..., Any]:
    """A view for people who have signed in; `NotYours` becomes the page for "not found".

    With a `limit`, each person may ask for it so often, and more is answered by the page for 429.

    No cache keeps the answer unless the view says otherwise: the next person at the same computer
    must not see it by going back.
    """
    return (_asynchronous if iscoroutinefunction(view) else _synchronous)(view, limit)


def _synchronous(
    view: Callable[..., HttpResponseBase], limit: str
) -> Callable[..., HttpResponseBase]:
    @wraps(view)
    def behind(request: HttpRequest, **address: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _sign_in_first(request)
        try:
            if limit:
                take(limit, str(request.user.pk))
            return _private(view(request, **address))
        except NotYours as error:
            return _private(not_found(request, error))
        except TooMany as many:
            return _private(too_many(request, many))
        except BlobLost:
            log.exception("%s needs a file that storage does not give", request.path)
            return _private(file_lost(request))

    return behind


def _asynchronous(view: Callable[..., Any], limit: str) -> Callable[..., Any]:
    @wraps(view)
    async def behind(request: HttpRequest, **address: Any) -> HttpResponseBase:
        reader = await request.auser()
        if not reader.is_authenticated:
            return _sign_in_first(request)
        try:
            if limit:
                await sync_to_async(take)(limit, str(reader.pk))
            return _private(await view(request, **address))
        except NotYours as error:
            return _private(await sync_to_async(not_found)(request, error))
        except TooMany as many:
            return _private(await sync_to_async(too_many)(request, many))

    return behind


def _sign_in_first(request: HttpRequest) -> HttpResponseBase:
    if request.accepts("text/html"):
        return redirect_to_login(request.get_full_path())
    return JsonResponse({"error": ENDED}, status=401)


def _private(response: HttpResponseBase) -> HttpResponseBase:
    if not response.has_header("Cache-Control"):
        add_never_cache_headers(response)
    return response
