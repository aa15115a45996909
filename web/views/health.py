"""Whether the service is up."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer that the process is up and takes requests. It says nothing of the database."""
    return HttpResponse("Sandglass is up\n", content_type="text/plain")
