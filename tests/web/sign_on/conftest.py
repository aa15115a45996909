"""A site with single sign-on, and the providers beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from grader.models import User
from grader.settings.sign_on import Oidc
from tests.web.sign_on.crooked import CLIENT, Crooked, crooked
from tests.web.sign_on.honest import honest_provider


@pytest.fixture(scope="module")
def honest() -> Iterator[str]:
    """The address of a provider that another project has made, in a process of its own."""
    with honest_provider() as url:
        yield url


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
    settings.SOCIALACCOUNT_REQUESTS_TIMEOUT = 60  # where many tests run at once, nobody is quick
    return settings
