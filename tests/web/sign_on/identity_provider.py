"""An identity provider of SAML: it signs what a test has it say, with python3-saml's own tools."""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from onelogin.saml2.utils import OneLogin_Saml2_Utils as Tools

xmlsec: Any = import_module("xmlsec")  # its own stubs lack half of it
ENTITY = "https://idp.example.edu/saml"
SITE = "http://testserver"
MAIL = "urn:oid:0.9.2342.19200300.100.1.3"
DISPLAY_NAME = "urn:oid:2.16.840.1.113730.3.1.241"


def new_key() -> rsa.RSAPrivateKey:
    """A key that nobody had before."""
    return rsa.generate_private_key(65537, 2048)


def pem(key: rsa.RSAPrivateKey) -> str:
    """The key as a file has it."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def certificate(key: rsa.RSAPrivateKey) -> str:
    """A certificate of the key, as a file has it."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


def _bare(certificate: str) -> str:
    return "".join(certificate.strip().splitlines()[1:-1])


KEY = new_key()
CERTIFICATE = certificate(KEY)
OLD_KEY = new_key()
ANOTHER_KEY = new_key()


def key_descriptor(certificate: str) -> str:
    return f"""
    <md:KeyDescriptor use="signing">
      <ds:KeyInfo><ds:X509Data>
        <ds:X509Certificate>{_bare(certificate)}</ds:X509Certificate>
      </ds:X509Data></ds:KeyInfo>
    </md:KeyDescriptor>"""


METADATA = f"""
<md:EntityDescriptor entityID="{ENTITY}" xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"
    xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
  <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    {key_descriptor(certificate(OLD_KEY))}{key_descriptor(CERTIFICATE)}
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
        Location="https://idp.example.edu/sso"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>
"""


@dataclass
class Answer:
    """One answer of the provider; a test changes what it likes before it is signed."""

    request: str
    """Which request it is for."""
    email: str = "ada@example.edu"
    name_id: str = "ada-1"
    name_format: str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
    issuer: str = ENTITY
    audience: str = f"{SITE}/sign-in/saml/metadata.xml"
    destination: str = f"{SITE}/sign-in/saml/back/"
    confirms: str | None = None
    """The request in the signed part; of the other one, unless a test says so."""
    status: str = "urn:oasis:names:tc:SAML:2.0:status:Success"
    made: timedelta = timedelta()
    """How long after now."""
    key: Any = KEY
    signs: tuple[str, ...] = ("assertion",)
    algorithm: str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    attributes: dict[str, str] = field(default_factory=dict)
    sealed_for: str = ""
    """The certificate whose key alone opens the assertion."""

    def text(self) -> str:
        """The answer as a browser carries it."""
        return base64.b64encode(self.xml().encode()).decode()

    def xml(self) -> str:
        """The answer as it is signed."""
        assertion = self._assertion()
        if "assertion" in self.signs:
            assertion = self._signed(assertion)
        if self.sealed_for:
            assertion = sealed(assertion, self.sealed_for)
        response = self._response(assertion)
        return self._signed(response) if "response" in self.signs else response

    def _signed(self, xml: str) -> str:
        made = Tools.add_sign(
            xml,
            pem(self.key),
            certificate(self.key),
            sign_algorithm=self.algorithm,
            digest_algorithm="http://www.w3.org/2001/04/xmlenc#sha256",
        )
        return made.decode() if isinstance(made, bytes) else str(made)

    def _assertion(self) -> str:
        said = {MAIL: self.email, DISPLAY_NAME: "Ada Lovelace", **self.attributes}
        attributes = "".join(
            f'<saml:Attribute Name="{name}"><saml:AttributeValue>{value}</saml:AttributeValue>'
            "</saml:Attribute>"
            for name, value in said.items()
            if value
        )
        confirms = self.request if self.confirms is None else self.confirms
        return f"""<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"
  ID="_a{self.name_id}" Version="2.0" IssueInstant="{self._at(0)}">
  <saml:Issuer>{self.issuer}</saml:Issuer>
  <saml:Subject><saml:NameID Format="{self.name_format}">{self.name_id}</saml:NameID>
    <saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
      <saml:SubjectConfirmationData NotOnOrAfter="{self._at(300)}"
        Recipient="{self.destination}"{f' InResponseTo="{confirms}"' if confirms else ""}/>
    </saml:SubjectConfirmation></saml:Subject>
  <saml:Conditions NotBefore="{self._at(-60)}" NotOnOrAfter="{self._at(300)}">
    <saml:AudienceRestriction><saml:Audience>{self.audience}</saml:Audience>
    </saml:AudienceRestriction></saml:Conditions>
  <saml:AuthnStatement AuthnInstant="{self._at(0)}" SessionIndex="_s"><saml:AuthnContext>
    <saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password
    </saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>
  <saml:AttributeStatement>{attributes}</saml:AttributeStatement></saml:Assertion>"""

    def _response(self, assertion: str) -> str:
        answers = f' InResponseTo="{self.request}"' if self.request else ""
        return f"""<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
  xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_r" Version="2.0"
  IssueInstant="{self._at(0)}" Destination="{self.destination}"{answers}
  ><saml:Issuer>{self.issuer}</saml:Issuer>
  <samlp:Status><samlp:StatusCode Value="{self.status}"/></samlp:Status>{assertion}
  </samlp:Response>"""

    def _at(self, seconds: int) -> str:
        moment = datetime.now(UTC) + self.made + timedelta(seconds=seconds)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def sealed(assertion: str, certificate: str) -> str:
    """The assertion, encrypted under a fresh key that is encrypted for the certificate's."""
    plain = etree.fromstring(assertion)
    data = xmlsec.template.encrypted_data_create(
        plain, xmlsec.Transform.AES256, type=xmlsec.EncryptionType.ELEMENT, ns="xenc"
    )
    xmlsec.template.encrypted_data_ensure_cipher_value(data)
    info = xmlsec.template.encrypted_data_ensure_key_info(data, ns="dsig")
    wrapped = xmlsec.template.add_encrypted_key(info, xmlsec.Transform.RSA_OAEP)
    xmlsec.template.encrypted_data_ensure_cipher_value(wrapped)
    manager = xmlsec.KeysManager()
    manager.add_key(xmlsec.Key.from_memory(certificate, xmlsec.KeyFormat.CERT_PEM))
    context = xmlsec.EncryptionContext(manager)
    aes = xmlsec.KeyData.AES
    context.key = xmlsec.Key.generate(aes, 256, xmlsec.KeyDataType.SESSION)
    text = etree.tostring(context.encrypt_xml(data, plain)).decode()
    return f"<saml:EncryptedAssertion>{text}</saml:EncryptedAssertion>"


def request_of(location: str) -> tuple[str, dict[str, str]]:
    """The request that an address of the provider carries, as XML, and what stands beside it."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
    packed = base64.b64decode(asked.pop("SAMLRequest"))
    return zlib.decompress(packed, -15).decode(), asked
