"""A site with single sign-on, and the providers beside it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from grader.models import User
from grader.settings.sign_on import Oidc
from tests.servers import START_SECONDS, free_port
from tests.web.sign_on.crooked import CLIENT, Crooked, crooked

PEOPLE = [
    {"sub": "ada-1", "email": "ada@example.edu", "email_verified": True, "name": "Ada Lovelace"},
    {"sub": "eve-1", "email": "eve@example.edu", "email_verified": True, "name": "Eve"},
]


@pytest.fixture(scope="module")
def honest() -> Iterator[str]:
    """The address of a provider that another project has made, in a process of its own."""
    port = free_port()
    people = [word for one in PEOPLE for word in ("--user-claims", json.dumps(one))]
    words = ["--port", str(port), "--require-nonce", "yes", *people]
    with subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            wait_for(f"{url}/.well-known/openid-configuration", process)
            yield url
        finally:
            process.terminate()


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    """Return once it answers."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, "the provider has ended"
        try:
            requests.get(address, timeout=5).raise_for_status()
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"{address} does not answer")


@pytest.fixture
def provider() -> Iterator[Crooked]:
    """A provider that answers what a test wants."""
    with crooked() as one:
        yield one


@pytest.fixture
def ada() -> User:
    """Somebody on the roll, without a password."""
    return User.objects.create_user("ada@example.edu", "Ada")


@pytest.fixture
def site(settings: Any, provider: Crooked) -> Any:
    """The settings of a site that trusts this provider."""
    return offering(settings, provider.url)


def offering(settings: Any, issuer: str, **fields: Any) -> Any:
    """The settings, with this provider of OpenID Connect."""
    plain: dict[str, Any] = {"issuer": issuer, "client_id": CLIENT, "secret": "the secret of tests"}
    plain |= {"name": "Campus", "domains": ()}
    settings.SANDGLASS_OIDC = Oidc(**{**plain, **fields})
    settings.ROOT_URLCONF = "tests.web.sign_on.urls"
    return settings
