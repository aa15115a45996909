"""What Prometheus asks for, with the site's token; without it there is nothing here."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.exposition import choose_encoder

from grader.metrics import ServiceCollector
from web.measures import registry


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """All numbers, in the form that was asked for."""
    wanted = settings.SANDGLASS_METRICS_TOKEN
    sent = request.headers.get("Authorization", "")
    if not wanted or not constant_time_compare(sent, f"Bearer {wanted}"):
        raise Http404
    all_of_them = registry()
    all_of_them.register(ServiceCollector())
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(all_of_them), content_type=content_type)
