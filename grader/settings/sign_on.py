"""Single sign-on out of the environment: which identity provider there is, and how it is known.

Where no variable is set there is none. Files are read at the start, so that a wrong path or a file
of something else stops it; what an address gives is read when somebody signs in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from django.core.exceptions import ImproperlyConfigured

from grader.settings.env import OWN_MACHINE, read_bool, read_list

Environment = Mapping[str, str]

NAME = "your university"
"""What the button says after "Sign in with" where nobody has said more."""
_OIDC, _SAML = "SANDGLASS_OIDC_", "SANDGLASS_SAML_"
_DISCOVERY = "/.well-known/openid-configuration"
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_LONGEST = 180
"""The table of identities has room for this much of a provider's name, and a word before it."""


@dataclass(frozen=True, slots=True)
class Oidc:
    """A provider of OpenID Connect."""

    issuer: str
    client_id: str
    secret: str
    name: str
    domains: tuple[str, ...]
    """Addresses of these count as verified where the provider says nothing about it."""

    @property
    def key(self) -> str:
        """What its identities are kept under: those of another issuer are other people."""
        return f"oidc {self.issuer}"


@dataclass(frozen=True, slots=True)
class Saml:
    """An identity provider of SAML."""

    metadata: str
    """Its metadata, as a file had them; empty where `metadata_url` is asked."""
    metadata_url: str
    idp: str
    """Which provider of the metadata; empty where they tell of one."""
    entity_id: str
    """Our own name with it; empty for the address of our metadata."""
    key_text: str
    certificate: str
    name: str
    domains: tuple[str, ...]
    """It is the authority for addresses of these, and of no others."""
    email_attribute: str
    name_attribute: str
    id_attribute: str


def read_oidc(env: Environment, *, debug: bool) -> Oidc | None:
    """The provider of OpenID Connect; None where no variable names one."""
    given = _given(env, _OIDC)
    if not given:
        return None
    issuer = _needed(given, "SANDGLASS_OIDC_SERVER_URL").removesuffix(_DISCOVERY).rstrip("/")
    _check_address("SANDGLASS_OIDC_SERVER_URL", issuer, debug=debug)
    return Oidc(
        issuer=issuer,
        client_id=_needed(given, "SANDGLASS_OIDC_CLIENT_ID"),
        secret=_secret(given),
        name=given.get("SANDGLASS_OIDC_NAME", NAME),
        domains=_domains(given, "SANDGLASS_OIDC_DOMAINS"),
    )


def read_saml(env: Environment, *, debug: bool) -> Saml | None:
    """The identity provider of SAML; None where no variable names one."""
    given = _given(env, _SAML)
    if not given:
        return None
    file, url = "SANDGLASS_SAML_METADATA_FILE", "SANDGLASS_SAML_METADATA_URL"
    if (file in given) == (url in given):
        raise ImproperlyConfigured(f"Set either {file} or {url}, so that the provider is known")
    if url in given:
        _check_address(url, given[url], debug=debug)
    key, certificate = _pair(given)
    domains = _domains(given, "SANDGLASS_SAML_DOMAINS")
    if not domains:
        raise ImproperlyConfigured(
            "SANDGLASS_SAML_DOMAINS is not set; name those whose addresses the provider answers for"
        )
    saml = Saml(
        metadata=_file(given, file),
        metadata_url=given.get(url, ""),
        idp=given.get("SANDGLASS_SAML_IDP", ""),
        entity_id=given.get("SANDGLASS_SAML_ENTITY_ID", ""),
        key_text=key,
        certificate=certificate,
        name=given.get("SANDGLASS_SAML_NAME", NAME),
        domains=domains,
        email_attribute=given.get("SANDGLASS_SAML_EMAIL_ATTRIBUTE", ""),
        name_attribute=given.get("SANDGLASS_SAML_NAME_ATTRIBUTE", ""),
        id_attribute=given.get("SANDGLASS_SAML_ID_ATTRIBUTE", ""),
    )
    if saml.metadata:
        try:
            read_metadata(saml, saml.metadata)
        except ValueError as error:
            raise ImproperlyConfigured(f"{file}: {error}") from error
    return saml


def read_passwords(env: Environment, *, others: bool) -> bool:
    """Whether people sign in with passwords; only where there are `others` may they not."""
    passwords = read_bool(env, "SANDGLASS_PASSWORDS", default=True)
    if not passwords and not others:
        raise ImproperlyConfigured(
            "SANDGLASS_PASSWORDS is no and there is no single sign-on: nobody could sign in. Set "
            f"the variables {_OIDC}… or {_SAML}…"
        )
    return passwords


def read_metadata(saml: Saml, text: str | bytes) -> dict[str, Any]:
    """The identity provider that the metadata tell of. `ValueError` says what is missing."""
    # Only a site with SAML pays for a reader of XML.
    from onelogin.saml2.idp_metadata_parser import (  # noqa: PLC0415
        OneLogin_Saml2_IdPMetadataParser as Parser,
    )

    try:
        found: dict[str, Any] = Parser.parse(text, entity_id=saml.idp or None).get("idp", {})
    except Exception as error:  # lxml's errors have no root of their own
        raise ValueError(f"this is no metadata of SAML: {error}") from error
    if not found.get("entityId") or not found.get("singleSignOnService"):
        which = f"called {saml.idp!r} " if saml.idp else ""
        raise ValueError(
            f"these metadata tell of no identity provider {which}that takes requests by redirect"
        )
    if not found.get("x509cert") and not found.get("x509certMulti"):
        raise ValueError("these metadata hold no certificate that the provider signs with")
    return found


# --- single values ----------------------------------------------------------------------------


def _given(env: Environment, prefix: str) -> dict[str, str]:
    """The variables of this beginning that say something."""
    named = {name: value.strip() for name, value in env.items() if name.startswith(prefix)}
    return {name: value for name, value in named.items() if value}


def _needed(given: Environment, name: str) -> str:
    if name not in given:
        raise ImproperlyConfigured(f"{name} is not set, and {min(given)} is: one needs the other")
    if len(given[name]) > _LONGEST:
        raise ImproperlyConfigured(f"{name} is longer than {_LONGEST} characters")
    return given[name]


def _check_address(name: str, value: str, *, debug: bool) -> None:
    """Over TLS alone, but for a provider on a developer's own machine."""
    parts = urlsplit(value)
    own = debug and parts.scheme == "http" and parts.hostname in OWN_MACHINE
    if not parts.hostname or parts.query or parts.username or not (parts.scheme == "https" or own):
        raise ImproperlyConfigured(
            f"{name} is {value!r}; write an address as in https://idp.example.edu"
        )


def _domains(given: Environment, name: str) -> tuple[str, ...]:
    found = tuple(domain.lower() for domain in read_list(given, name, default=[]))
    if wrong := [domain for domain in found if not _DOMAIN.fullmatch(domain)]:
        raise ImproperlyConfigured(f"{name} holds {wrong[0]!r}; write domains as in example.edu")
    return found


def _file(given: Environment, name: str) -> str:
    if name not in given:
        return ""
    try:
        text = Path(given[name]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name} names {given[name]}: {error}") from error
    if not text:
        raise ImproperlyConfigured(f"{name} names {given[name]}, which is empty")
    return text


def _secret(given: Environment) -> str:
    plain, file = "SANDGLASS_OIDC_SECRET", "SANDGLASS_OIDC_SECRET_FILE"
    if (plain in given) == (file in given):
        raise ImproperlyConfigured(f"Set either {plain} or {file}: the provider gave us a secret")
    return given.get(plain) or _file(given, file)


def _pair(given: Environment) -> tuple[str, str]:
    """Our own key and its certificate, which go together, or neither."""
    key, certificate = "SANDGLASS_SAML_KEY_FILE", "SANDGLASS_SAML_CERT_FILE"
    texts = _file(given, key), _file(given, certificate)
    if texts == ("", ""):
        return texts
    if "" in texts:
        raise ImproperlyConfigured(f"Set both {key} and {certificate}, or neither")
    try:
        private = serialization.load_pem_private_key(texts[0].encode(), password=None)
        known = x509.load_pem_x509_certificate(texts[1].encode())
    except (ValueError, TypeError) as error:
        raise ImproperlyConfigured(
            f"{key} and {certificate} are not both in PEM: {error}"
        ) from error
    if private.public_key() != known.public_key():
        raise ImproperlyConfigured(f"{certificate} is the certificate of another key than {key}")
    return texts
