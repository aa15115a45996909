"""The platform's key, and what the library's platform side needs to know of both sides."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any, cast

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract
from lti1p3platform.registration import Registration

from tests.lti.platform.world import Tool

_PEM = serialization.Encoding.PEM


class Keys:
    """A pair that is made at the start, and tokens signed by it."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """A new pair in the place of the old one, which nobody is told of any more."""
        pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.private = pair.private_bytes(
            _PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        public = pair.public_key()
        spki = serialization.PublicFormat.SubjectPublicKeyInfo
        self.public = public.public_bytes(_PEM, spki).decode()

    @property
    def kid(self) -> str:
        return cast("str", Registration.get_jwk(self.public)["kid"])

    def told(self) -> dict[str, Any]:
        """What everybody may read."""
        return {"keys": [Registration.get_jwk(self.public)]}

    def sign(self, claims: dict[str, Any], header: dict[str, Any] | None = None) -> str:
        """A token; `header` may ask for a forgery: `alg: none`, HS256 by the public key, a `kid`.

        The library would refuse to make the second, so both are written by hand.
        """
        asked = {"kid": self.kid, "alg": "RS256", **(header or {})}
        if asked["alg"] == "RS256":
            return jwt.encode(claims, self.private, algorithm="RS256", headers=asked)
        head = _part({"typ": "JWT", **asked}) + b"." + _part(claims)
        signature = b""
        if asked["alg"] == "HS256":
            signature = hmac.digest(self.public.encode(), head, "sha256")
        return (head + b"." + _encoded(signature)).decode()


def _part(content: dict[str, Any]) -> bytes:
    return _encoded(json.dumps(content).encode())


def _encoded(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


class Configuration(LTI1P3PlatformConfAbstract):  # type: ignore[misc]
    """Both sides in the library's words. Made for each request: the library keeps the tool's keys
    for ever."""

    def __init__(self, issuer: str, tool: Tool, keys: Keys) -> None:
        self._issuer, self._tool, self._keys = issuer, tool, keys
        super().__init__()

    def init_platform_config(self, **_facts: Any) -> None:
        self.get_registration()

    def get_registration_by_params(self, **_facts: Any) -> Registration:
        return (
            Registration()
            .set_iss(self._issuer)
            .set_client_id(self._tool.client_id)
            .set_deployment_id(self._tool.deployment_id)
            .set_oidc_login_url(self._tool.login_url)
            .set_launch_url(self._tool.launch_url)
            .set_deeplink_launch_url(self._tool.launch_url)
            .set_tool_key_set_url(self._tool.jwks_url)
            .set_platform_public_key(self._keys.public)
            .set_platform_private_key(self._keys.private)
        )
