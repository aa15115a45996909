"""Whether the service is up, and whether it is ready."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from grader.health import Health, Watcher

_watcher = Watcher()


@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer that the process is up and takes requests. It says nothing of the database."""
    return HttpResponse("Sandglass is up\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """200 if uploads are taken and graded, else 503; for each part a line with one word."""
    found = _watcher.readiness()
    status = 503 if found.status is Health.FAILED else 200
    said = {"status": found.status, **found.parts}
    return JsonResponse(said, status=status, json_dumps_params={"indent": 1})
