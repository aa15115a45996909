"""What a learning management system asks of us by LTI 1.3."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from grader.lti import keys


@cache_control(public=True, max_age=300)
@require_safe
def jwks(_request: HttpRequest) -> JsonResponse:
    """Our public keys. 503 where there are some and none can be opened: the log says what to do."""
    published = keys.jwks(now=timezone.now())
    status = HTTPStatus.OK if published["keys"] else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse(published, status=status)
