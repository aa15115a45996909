"""Who asks: the owner of the token in the header `Authorization: Bearer sandglass_…`."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest
from django.utils import timezone
from ninja.errors import HttpError
from ninja.security import HttpBearer

from grader import api_tokens
from grader.api_tokens import Scope
from grader.models import ApiToken, User
from web.rate_limits import take

LIMIT = "api"
"""How often a person's programs may ask."""


class Bearer(HttpBearer):
    """A token in the header; cookies are not looked at, so no other site can use a session."""

    def __init__(self, scope: Scope | None = None) -> None:
        """A token with this scope; with any, without one."""
        super().__init__()
        self._scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        """The token, if it is good; who lacks the scope is told so (403)."""
        found = api_tokens.find(token, now=timezone.now())
        if found is None:
            return None
        take(LIMIT, str(found.user_id))
        if self._scope is not None and self._scope not in found.scopes:
            raise HttpError(
                HTTPStatus.FORBIDDEN,
                f"This token may not be used for that: make one with the scope {self._scope}.",
            )
        request.user = found.user
        return found


def token_of_request(request: HttpRequest) -> ApiToken:
    """The token that came with a request which was let in."""
    token: ApiToken = request.auth  # type: ignore[attr-defined]
    return token


def asker(request: HttpRequest) -> User:
    """Whose token it is."""
    return token_of_request(request).user
