"""SAML: python3-saml's reading of an answer, and the library's sign-in with what it says.

An answer counts with the provider's signature, for this site, in its time, and for a request that
this browser made and that was not answered yet. Nothing that a provider sends of itself is taken.
"""

from __future__ import annotations

import binascii
import logging
import time
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.saml.provider import SAMLProvider
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Words
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML

from grader.settings.sign_on import read_metadata
from web.sign_on import offers
from web.sign_on.subjects import of_domains, subject

log = logging.getLogger(__name__)

_EMAIL = [
    "urn:oid:0.9.2342.19200300.100.1.3",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    "mail",
    "email",
]
_NAME = [
    "urn:oid:2.16.840.1.113730.3.1.241",
    "http://schemas.microsoft.com/identity/claims/displayname",
    "displayName",
    "name",
]
_ID = [
    "urn:oasis:names:tc:SAML:attribute:subject-id",
    "urn:oasis:names:tc:SAML:attribute:pairwise-id",
]
_FRESH = 3600.0
"""Seconds for which metadata are not asked for again; they are kept for when nobody answers."""
_heard: dict[str, tuple[float, bytes]] = {}
"""By address: until when they are fresh, and what they are."""


class NotTrusted(Exception):  # noqa: N818 - what happened, not which code
    """An answer that does not count; why, is for the log."""


class Provider(SAMLProvider):  # type: ignore[misc]  # without types
    """The provider of the settings."""

    @property
    def offer(self) -> offers.Offer:
        """How people know it."""
        return offers.saml()

    def redirect(self, request: HttpRequest, **_unused: Any) -> HttpResponse:
        """Send the reader there, with a request that this browser's session remembers."""
        speaker = _speaker(request)
        place = speaker.login(return_to="", force_authn=offers.AGAIN in request.GET)
        self.stash_redirect_state(
            request,
            AuthProcess.LOGIN,
            next_url=offers.wanted(request) or None,
            state_id=speaker.get_last_request_id(),
        )
        return HttpResponseRedirect(place)

    def extract_uid(self, data: OneLogin_Saml2_Auth) -> str:
        """Who it is, for ever; a name for one sign-in alone is none, then the address is."""
        said = self._extract(data)
        passing = data.get_nameid_format() == Words.NAMEID_TRANSIENT
        name = said.get("uid") or ("" if passing else data.get_nameid()) or said.get("email")
        if not name:
            raise NotTrusted("it names nobody")
        return subject(str(name))

    def extract_extra_data(self, _data: OneLogin_Saml2_Auth) -> dict[str, Any]:
        """Nothing of it is kept."""
        return {}

    def extract_common_fields(self, data: OneLogin_Saml2_Auth) -> dict[str, Any]:
        """The name, for an account that is made."""
        return {"name": self._extract(data).get("name")}

    def extract_email_addresses(self, data: OneLogin_Saml2_Auth) -> list[EmailAddress]:
        """The address; the provider is the authority for its own domains, and for no other."""
        email = str(self._extract(data).get("email") or "")
        verified = of_domains(email, offers.saml_settings().domains)
        return [EmailAddress(email=email, verified=verified, primary=True)] if email else []


def provider(request: HttpRequest) -> Provider:
    """The provider of the settings."""
    saml = offers.saml_settings()
    mapping = {
        "email": [saml.email_attribute] if saml.email_attribute else _EMAIL,
        "name": [saml.name_attribute] if saml.name_attribute else _NAME,
        "uid": [saml.id_attribute] if saml.id_attribute else _ID,
    }
    app = SocialApp(
        provider="saml",
        provider_id=f"saml {_idp()['entityId']}"[:200],
        name=saml.name,
        client_id="saml",
        settings={"attribute_mapping": mapping},
    )
    return Provider(request, app=app)


def answered(request: HttpRequest, text: str) -> Any:
    """The sign-in that an answer is for, with who it is. Raises `NotTrusted`."""
    speaker = _speaker(request, {"SAMLResponse": text})
    try:
        speaker.process_response()
    except (OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError, binascii.Error) as error:
        raise NotTrusted(str(error)) from error
    except (ValueError, SyntaxError) as error:  # lxml's, for what is no XML
        raise NotTrusted(f"it cannot be read: {error}") from error
    if speaker.get_errors() or not speaker.is_authenticated():
        raise NotTrusted(str(speaker.get_last_error_reason() or speaker.get_errors()))
    asked = _question(speaker)
    own = provider(request)
    login = own.sociallogin_from_response(request, speaker)
    login.state = own.unstash_redirect_state(request, asked)
    return login


def our_metadata(request: HttpRequest) -> bytes:
    """What the provider has to know of us."""
    own = OneLogin_Saml2_Settings(
        {"strict": True, "sp": _ourselves(request), "security": _security()},
        sp_validation_only=True,
    )
    text: bytes | str = own.get_sp_metadata()
    return text.encode() if isinstance(text, str) else text


def _question(speaker: OneLogin_Saml2_Auth) -> str:
    """The request that the answer is for, by the part of it that is signed, too."""
    asked = str(speaker.get_last_response_in_response_to() or "")
    document = OneLogin_Saml2_XML.to_etree(speaker.get_last_response_xml())
    confirmations = OneLogin_Saml2_XML.query(document, "//saml:SubjectConfirmationData")
    if not asked or any(each.get("InResponseTo") != asked for each in confirmations):
        raise NotTrusted("it answers no request, or two")
    return asked


def _speaker(request: HttpRequest, answer: dict[str, str] | None = None) -> OneLogin_Saml2_Auth:
    heard = {
        "https": "on" if request.is_secure() else "off",
        "http_host": request.get_host(),
        "script_name": reverse("sign-in-saml-back"),
        "get_data": {},
        "post_data": answer or {},
    }
    rules = {
        "strict": True,
        "sp": _ourselves(request),
        "idp": _idp(),
        "security": _security(),
    }
    return OneLogin_Saml2_Auth(heard, rules)


def _ourselves(request: HttpRequest) -> dict[str, Any]:
    saml = offers.saml_settings()
    own = request.build_absolute_uri(reverse("saml-metadata"))
    return {
        "entityId": saml.entity_id or own,
        "assertionConsumerService": {
            "url": request.build_absolute_uri(reverse("sign-in-saml-back")),
            "binding": Words.BINDING_HTTP_POST,
        },
        "NameIDFormat": Words.NAMEID_UNSPECIFIED,
        "x509cert": saml.certificate,
        "privateKey": saml.key_text,
    }


def _security() -> dict[str, Any]:
    signed = bool(offers.saml_settings().key_text)
    return {
        "authnRequestsSigned": signed,
        "digestAlgorithm": Words.SHA256,
        "signatureAlgorithm": Words.RSA_SHA256,
        "rejectDeprecatedAlgorithm": True,
        "requestedAuthnContext": False,
        "wantAttributeStatement": False,
        "wantNameId": False,
        "allowRepeatAttributeName": True,
        # On a developer's machine there is no TLS, and names have no dot.
        "allowSingleLabelDomains": settings.DEBUG,
    }


def _idp() -> dict[str, Any]:
    saml = offers.saml_settings()
    return read_metadata(saml, saml.metadata or _asked(saml.metadata_url))


def _asked(address: str) -> bytes:
    """What is at the address now, or was when somebody last answered."""
    until, last = _heard.get(address, (0.0, b""))
    if time.monotonic() < until:
        return last
    try:
        with get_adapter().get_requests_session() as session:
            response = session.get(address)
            response.raise_for_status()
            text: bytes = response.content
        read_metadata(offers.saml_settings(), text)
    except (OSError, ValueError) as error:  # the errors of requests are of the first
        if not last:
            raise
        log.warning("%s is not asked for an hour: %s", address, error)
        text = last
    _heard[address] = time.monotonic() + _FRESH, text
    return text
