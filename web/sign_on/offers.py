"""The ways to sign in that this site offers beside passwords, as its settings say."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from grader.settings.sign_on import Oidc, Saml

AGAIN = "again"
"""What an address says in whose answer the provider asks anew who it is."""


LEAVE = "sign-on-leave"
"""In a session: the name of the site that its person came by, and where to sign out there."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One way: what the log calls it, what people call it, and where it begins."""

    kind: str
    name: str
    address: str

    def begun_with(self, next_address: str) -> str:
        """Where it begins, for who wants to go there afterwards."""
        return (
            f"{self.address}?{urlencode({'next': next_address})}" if next_address else self.address
        )

    @property
    def again(self) -> str:
        """Where it begins for who wants to be somebody else."""
        return f"{self.address}?{AGAIN}=yes"


def oidc_settings() -> Oidc:
    """The provider of OpenID Connect; where there is none, what asks for it is not there."""
    if settings.SANDGLASS_OIDC is None:
        raise Http404
    return settings.SANDGLASS_OIDC


def saml_settings() -> Saml:
    """The same for SAML."""
    if settings.SANDGLASS_SAML is None:
        raise Http404
    return settings.SANDGLASS_SAML


def oidc() -> Offer:
    """By OpenID Connect."""
    return Offer("OpenID Connect", oidc_settings().name, reverse("sign-in-oidc"))


def saml() -> Offer:
    """By SAML."""
    return Offer("SAML", saml_settings().name, reverse("sign-in-saml"))


def offers() -> list[Offer]:
    """All that there are."""
    ways = ((settings.SANDGLASS_OIDC, oidc), (settings.SANDGLASS_SAML, saml))
    return [way() for is_set, way in ways if is_set]


def wanted(request: HttpRequest) -> str:
    """Where the reader wants to go afterwards, if that is a page of ours; else empty."""
    address = request.GET.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if ours else ""
