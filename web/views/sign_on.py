"""Single sign-on: to the provider, back, and our metadata. Only where the settings name one."""

from __future__ import annotations

from collections.abc import Callable

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.providers.oauth2.views import OAuth2LoginView
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST
from requests import RequestException

from grader.sign_on import SignOnRefused
from web import sessions
from web.rate_limits import TooMany, take
from web.sign_on import offers, oidc, refusals, saml
from web.views.errors import too_many
from web.visitor import address_of

_ANSWER = "saml-answer"
"""The cookie, and what it leads to: an answer on its way from one request to the next."""
_MOST = 200_000
"""How long an answer may be; ordinary ones have a tenth of it."""
_KEPT = 300
"""Seconds for which an answer waits for its browser."""


@never_cache
@require_GET
def oidc_begin(request: HttpRequest) -> HttpResponse:
    """To the provider of OpenID Connect."""
    view = OAuth2LoginView.adapter_view(oidc.Adapter)
    return _begun(request, offers.oidc(), lambda: view(request))


@never_cache
@require_GET
def oidc_back(request: HttpRequest) -> HttpResponse:
    """Back from there."""
    view = oidc.Callback.adapter_view(oidc.Adapter)
    return _guarded(request, offers.oidc(), lambda: view(request))


@never_cache
@require_GET
def saml_begin(request: HttpRequest) -> HttpResponse:
    """To the provider of SAML."""
    return _begun(request, offers.saml(), lambda: saml.provider(request).redirect(request))


@never_cache
@csrf_exempt
@require_POST
def saml_back(request: HttpRequest) -> HttpResponse:
    """Back from there, by a form of another site, with which no browser sends our session.

    So the answer waits, under a cookie of its own, for the next request, which has it.
    """
    return _guarded(request, offers.saml(), lambda: _kept(request))


@never_cache
@require_GET
def saml_done(request: HttpRequest) -> HttpResponse:
    """The answer meets the session that asked for it."""
    offer = offers.saml()

    def finished() -> HttpResponse:
        try:
            login = saml.answered(request, _taken(request))
        except saml.NotTrusted as error:
            return refusals.broken(request, offer, str(error))
        response: HttpResponse = complete_social_login(request, login)
        return response

    response = _guarded(request, offer, finished)
    response.delete_cookie(_ANSWER, path=request.path)
    return response


@require_GET
def saml_metadata(request: HttpRequest) -> HttpResponse:
    """What the provider of SAML has to know of us."""
    return HttpResponse(saml.our_metadata(request), content_type="application/samlmetadata+xml")


def _begun(
    request: HttpRequest, offer: offers.Offer, view: Callable[[], HttpResponse]
) -> HttpResponse:
    """The way there, but for who is here already."""
    if request.user.is_authenticated:
        return redirect(offers.wanted(request) or "home")
    return _guarded(request, offer, view)


def _guarded(
    request: HttpRequest, offer: offers.Offer, view: Callable[[], HttpResponse]
) -> HttpResponse:
    """The view's answer; what goes wrong becomes a page that says what to do."""
    try:
        take("sign-on", address_of(request))
        return view()
    except TooMany as many:
        return too_many(request, many)
    except SignOnRefused as refused:
        return refusals.stranger(request, offer, refused)
    except ImmediateHttpResponse as answered:
        ours: HttpResponse = answered.response
        return ours
    except PermissionDenied:
        return refusals.broken(request, offer, "it is finished, too old, or another browser's")
    except (RequestException, ValueError, KeyError) as error:  # not there, or not of its kind
        return refusals.away(request, offer, error)


def _kept(request: HttpRequest) -> HttpResponse:
    text = request.POST.get("SAMLResponse", "")
    if not 0 < len(text) <= _MOST:
        return refusals.broken(request, offers.saml(), f"an answer of {len(text)} characters")
    store = sessions.SessionStore()
    store[_ANSWER] = text
    store.create()
    response = redirect("sign-in-saml-done")
    response.set_cookie(
        _ANSWER,
        store.session_key or "",
        max_age=_KEPT,
        path=reverse("sign-in-saml-done"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _taken(request: HttpRequest) -> str:
    """The answer that waited, which is gone then."""
    store = sessions.SessionStore(request.COOKIES.get(_ANSWER) or None)
    text: str = store.get(_ANSWER, "")
    if not text:
        raise PermissionDenied
    store.delete()
    return text
