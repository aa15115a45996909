"""The way of a browser to a provider of OpenID Connect, and back."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.test import Client

from tests.web.reading import main
from tests.web.sign_on.crooked import Crooked

BACK = "/sign-in/oidc/back/"


def begin(client: Client, query: str = "") -> tuple[str, dict[str, str]]:
    """Where the reader is sent to, and with what."""
    sent = client.get(f"/sign-in/oidc/{query}")
    assert sent.status_code == 302, main(sent)
    parts = urlsplit(sent["Location"])
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return parts._replace(query="").geturl(), asked


def comes_back(client: Client, provider: Crooked, query: str = "") -> Any:
    """The whole way, with what this provider says."""
    _, provider.asked = begin(client, query)
    return client.get(BACK, {"code": "a code", "state": provider.asked["state"]})


def who(client: Client) -> str:
    """Whose session it is, or nobody's."""
    page = client.get("/", follow=True)
    return page.context["user"].email if page.context["user"].is_authenticated else "nobody"
