"""The addresses of a site that has both ways of single sign-on."""

from __future__ import annotations

from web import sign_on_urls
from web.urls import handler400, handler404
from web.urls import urlpatterns as ordinary

__all__ = ["handler400", "handler404"]

ours = [*sign_on_urls.oidc, *sign_on_urls.saml, *sign_on_urls.both]
urlpatterns = [*ordinary, *ours]
