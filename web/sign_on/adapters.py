"""What the library asks us while somebody signs in: who that is here, and where to go then."""

from __future__ import annotations

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import AuthError
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from requests import RequestException

from grader.models import User
from grader.sign_on import Identity, admit
from web import sign_in
from web.sign_on import refusals
from web.sign_on.offers import LEAVE

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # without types
    """The last steps of a sign-in. There is no other account of the library's here."""

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """Nobody signs up."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """Whether it is a page of this host: no other one that the site trusts is good enough."""
        request = context.request
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        )

    def get_login_stages(self) -> list[str]:
        """No second step: what more is asked, the provider asks."""
        return []

    def add_message(self, *_words: Any, **_more: Any) -> None:
        """The library greets; our pages do not."""

    def login(self, request: HttpRequest, user: User) -> None:
        """Begin the session, by the backend that all our sessions are of."""
        [backend] = settings.AUTHENTICATION_BACKENDS
        user.backend = backend  # type: ignore[attr-defined]  # as Django itself does
        super().login(request, user)

    def post_login(
        self,
        request: HttpRequest,
        user: User,
        *,
        signal_kwargs: dict[str, Any] | None = None,
        redirect_url: str | None = None,
        **_more: Any,
    ) -> HttpResponse:
        """Go where the reader wanted; the browser is known to the account from now on."""
        login = (signal_kwargs or {})["sociallogin"]
        if leave := getattr(login, "leave", ""):
            request.session[LEAVE] = [login.provider.offer.name, leave]
        response = redirect(redirect_url or "home")
        sign_in.opened(request, response, user.email)
        log.info("user %d signed in by %s", user.pk, login.provider.offer.kind)
        return response


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # without types
    """Who somebody is here. Accounts and links are the grader's affair, by its own rule."""

    def list_apps(self, *_words: Any, **_more: Any) -> list[SocialApp]:
        """No row of a table switches on a provider: the settings do."""
        return []

    def get_provider(self, request: HttpRequest, provider: str, **_more: Any) -> Any:
        """The provider of the settings that is kept under this name."""
        # The providers are made of what asks for its adapter while it is imported.
        from web.sign_on import oidc, saml  # noqa: PLC0415

        if settings.SANDGLASS_OIDC and provider == settings.SANDGLASS_OIDC.key:
            return oidc.provider(request)
        return saml.provider(request)

    def new_user(self, _request: HttpRequest, _login: Any) -> User:
        """Nobody yet, and never saved."""
        return User()

    def populate_user(self, _request: HttpRequest, login: Any, data: dict[str, Any]) -> User:
        """What the provider calls the person."""
        person: User = login.user
        person.name = str(data.get("name") or "")
        return person

    def is_email_verified(self, _provider: Any, _email: str) -> bool:
        """Each provider has said it with the address."""
        return False

    def is_open_for_signup(self, _request: HttpRequest, _login: Any) -> bool:
        """Nobody signs up."""
        return False

    def pre_social_login(self, _request: HttpRequest, login: Any) -> None:
        """The provider has said who it is: find the account. Raises `SignOnRefused`."""
        said = login.email_addresses[0] if login.email_addresses else None
        identity = Identity(
            provider=login.account.provider,
            subject=login.account.uid,
            email=said.email if said else "",
            verified=bool(said and said.verified),
            name=login.user.name,
        )
        login.user = admit(identity, creates=settings.SANDGLASS_SSO_CREATES)

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002 - the library's words
    ) -> None:
        """The library gives up: answer with our page."""
        if error == AuthError.CANCELLED:
            raise ImmediateHttpResponse(refusals.cancelled(request, provider.offer))
        if isinstance(exception, RequestException):
            raise ImmediateHttpResponse(refusals.away(request, provider.offer, exception))
        reason = str(exception or "its answer belongs to no sign-in that this browser began")
        raise ImmediateHttpResponse(refusals.broken(request, provider.offer, reason))
