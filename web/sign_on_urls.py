"""The addresses of single sign-on; they are there only where the settings name a provider.

None is the library's: nobody signs up, changes an address or sees a list of identities.
"""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, path

from web.views import account, sign_on

oidc: list[URLPattern] = [
    path("sign-in/oidc/", sign_on.oidc_begin, name="sign-in-oidc"),
    path("sign-in/oidc/back/", sign_on.oidc_back, name="sign-in-oidc-back"),
]
saml: list[URLPattern] = [
    path("sign-in/saml/", sign_on.saml_begin, name="sign-in-saml"),
    path("sign-in/saml/back/", sign_on.saml_back, name="sign-in-saml-back"),
    path("sign-in/saml/done/", sign_on.saml_done, name="sign-in-saml-done"),
    path("sign-in/saml/metadata.xml", sign_on.saml_metadata, name="saml-metadata"),
]
both: list[URLPattern] = [
    path("sign-out/done/", account.signed_out, name="signed-out"),
]
urlpatterns = [
    *(oidc if settings.SANDGLASS_OIDC else []),
    *(saml if settings.SANDGLASS_SAML else []),
    *both,
]
