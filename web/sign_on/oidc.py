"""OpenID Connect: the library's code flow with PKCE, and an answer that is looked at closely.

The library trusts what it fetched itself. Here an ID token counts with its signature by the
provider's published keys, its issuer, its audience, its times and the nonce of this very sign-in,
and what is told of the person afterwards must be of the same subject.
"""

from __future__ import annotations

import hmac
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
from allauth.account.models import EmailAddress
from allauth.core.internal.datakit import parse_bool_safely
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp, SocialToken
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from web.sign_on import offers
from web.sign_on.subjects import of_domains, subject

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""How a token may be signed: by keys of which we hold the public half alone."""
_CLAIMS = ["iss", "aud", "exp", "iat", "sub", "nonce"]
_SKEW = 60.0
"""Seconds by which the provider's clock may be off."""
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class Provider(OpenIDConnectProvider):  # type: ignore[misc]  # without types
    """The provider of the settings."""

    pkce_enabled_default = True

    @property
    def offer(self) -> offers.Offer:
        """How people know it."""
        return offers.oidc()

    def get_oauth2_adapter(self, request: HttpRequest) -> Adapter:
        """What speaks to it."""
        return Adapter(request)

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        """What of a request counts: where to go then. The library would take parameters, too."""
        nonce = token_urlsafe()
        more = {"prompt": "login"} if offers.AGAIN in request.GET else {}
        return {
            "process": AuthProcess.LOGIN,
            "next_url": offers.wanted(request) or None,
            "auth_params": {"nonce": nonce, **more},
            "nonce": nonce,
        }

    def extract_uid(self, data: dict[str, Any]) -> str:
        """Who it is, for ever."""
        return subject(str(data["sub"]))

    def extract_extra_data(self, _data: dict[str, Any]) -> dict[str, Any]:
        """Nothing of it is kept."""
        return {}

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        """The name, for an account that is made."""
        return {"name": data.get("name")}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        """The address, and whether the provider vouches for it."""
        email, said = str(data.get("email") or ""), data.get("email_verified")
        silent = said is None and of_domains(email, offers.oidc_settings().domains)
        verified = silent or parse_bool_safely(said)
        return [EmailAddress(email=email, verified=verified, primary=True)] if email else []


class Adapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # without types
    """The questions to the provider, for one request."""

    nonce = ""
    """What this sign-in began with."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request, offers.oidc_settings().key)

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the provider publishes of itself."""
        if not hasattr(self, "_openid_config"):
            self._openid_config = _discovered()
        return self._openid_config

    @property
    def basic_auth(self) -> bool:
        """How our secret is told: in the form where that is taken, which breaks no odd secret."""
        ways = self.openid_config.get("token_endpoint_auth_methods_supported")
        return "client_secret_post" not in (ways or ["client_secret_basic"])

    def get_callback_url(self, request: HttpRequest, _app: SocialApp) -> str:
        """Where the provider sends people back to."""
        return request.build_absolute_uri(reverse("sign-in-oidc-back"))

    def complete_login(
        self, request: HttpRequest, _app: SocialApp, token: SocialToken, **answer: Any
    ) -> Any:
        """Who it is, by the ID token and what the provider says of the person."""
        id_token = str(answer["response"].get("id_token") or "")
        claims = self._verified(id_token)
        if "userinfo_endpoint" in self.openid_config:
            said = self._fetch_user_info(token.token)
            if said.get("sub") != claims["sub"]:
                raise OAuth2Error("what is told of the person is another person's")
            # Of one or the other, so that no address meets another one's confirmation.
            claims = {**said, "sub": claims["sub"]} if said.get("email") else claims
        login = self.get_provider().sociallogin_from_response(request, claims)
        login.leave = self._leave(request, id_token)
        return login

    def _verified(self, id_token: str) -> dict[str, Any]:
        oidc = offers.oidc_settings()
        try:
            key = self._key(id_token)
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key,
                algorithms=[key.algorithm_name],
                audience=oidc.client_id,
                issuer=oidc.issuer,
                leeway=_SKEW,
                options={"require": _CLAIMS},
            )
        except jwt.PyJWTError as error:
            raise OAuth2Error(f"the ID token is not to be trusted: {error}") from error
        if not self.nonce or not hmac.compare_digest(str(claims["nonce"]), self.nonce):
            raise OAuth2Error("the ID token is that of another sign-in")
        if claims.get("azp", oidc.client_id) != oidc.client_id:
            raise OAuth2Error("the ID token was made for another client")
        return claims

    def _key(self, id_token: str) -> jwt.PyJWK:
        """The published key that the token names; how it signs is the key's to say."""
        wanted = jwt.get_unverified_header(id_token).get("kid")
        published = jwt.PyJWKSet.from_dict(_fetched(self.openid_config["jwks_uri"])).keys
        named = [key for key in published if wanted is None or key.key_id == wanted]
        fitting = [key for key in named if key.algorithm_name in ALGORITHMS]
        if not fitting:
            raise jwt.InvalidKeyError("none of the provider's keys is the one that it names")
        return fitting[0]

    def _leave(self, request: HttpRequest, id_token: str) -> str:
        """Where the person can sign out of the provider; empty where it offers no such place."""
        place = self.openid_config.get("end_session_endpoint")
        if not place:
            return ""
        words = {
            "id_token_hint": id_token,
            "client_id": offers.oidc_settings().client_id,
            "post_logout_redirect_uri": request.build_absolute_uri(reverse("sign-in")),
        }
        return f"{place}{'&' if urlsplit(place).query else '?'}{urlencode(words)}"


class Callback(OAuth2CallbackView):  # type: ignore[misc]  # without types
    """The way back: the library's, with the nonce of the sign-in at hand."""

    def _get_state(
        self, request: HttpRequest, provider: Any
    ) -> tuple[dict[str, Any] | None, HttpResponse | None]:
        state, response = super()._get_state(request, provider)
        self.adapter.nonce = (state or {}).get("nonce", "")
        return state, response


def provider(request: HttpRequest) -> Provider:
    """The provider of the settings."""
    oidc = offers.oidc_settings()
    app = SocialApp(
        provider="openid_connect",
        provider_id=oidc.key,
        name=oidc.name,
        client_id=oidc.client_id,
        secret=oidc.secret,
        settings={"server_url": oidc.issuer},
    )
    return Provider(request, app=app)


def _discovered() -> dict[str, Any]:
    oidc = offers.oidc_settings()
    found = _fetched(f"{oidc.issuer}/.well-known/openid-configuration")
    if str(found.get("issuer")).rstrip("/") != oidc.issuer:
        raise ValueError(f"{oidc.issuer} calls itself {found.get('issuer')!r}")
    if missing := [name for name in _ENDPOINTS if not isinstance(found.get(name), str)]:
        raise ValueError(f"{oidc.issuer} does not say its {missing[0]}")
    return found


def _fetched(address: str) -> dict[str, Any]:
    with get_adapter().get_requests_session() as session:
        response = session.get(address)
        response.raise_for_status()
        found: dict[str, Any] = response.json()
    return found
