"""The addresses of single sign-on: who gets what, and what goes with every answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as live
from django.test import Client

from tests.assignments.homework import write_homework
from tests.web.permissions import READERS, SIGN_ON, expected
from tests.web.sign_on import test_saml, urls
from tests.web.sign_on.conftest import offering
from tests.web.sign_on.crooked import Crooked
from tests.web.test_headers import look_at
from tests.web.world import World

pytestmark = pytest.mark.django_db
EXPECTED = expected(SIGN_ON)
THEIRS = ("http://127.0.0.1:", "https://idp.example.edu/")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_homework(tmp_path_factory.mktemp("sign-on") / "hw0")


def test_the_table_names_every_address() -> None:
    names = {each.name for each in urls.ours}
    assert set(EXPECTED) == {(method, name) for name in names for method in ("GET", "POST")}
    page = (live.ROOT / "web/README.md").read_text(encoding="utf-8")
    assert {name for name in names if f"`{name}`" not in page} == set()


def test_who_gets_what_with_which_headers(folder: Path, settings: Any, provider: Crooked) -> None:
    test_saml.offering(settings)
    offering(settings, provider.url)
    world = World(folder)
    found: dict[tuple[str, str], dict[str, str]] = {key: {} for key in EXPECTED}
    for reader in READERS:
        client = world.client(reader)
        for method, name in EXPECTED:
            answer: Any = client.generic(method, world.address(name))
            look_at(name, answer)
            found[method, name][reader] = told(answer)
    assert found == EXPECTED


def told(answer: Any) -> str:
    if answer.status_code != 302:
        return str(answer.status_code)
    return "away" if answer["Location"].startswith(THEIRS) else "go"


@pytest.mark.parametrize("address", ["/accounts/login/", "/accounts/signup/", "/accounts/"])
def test_no_page_of_the_librarys_is_there(site: Any, address: str) -> None:
    assert Client().get(address).status_code == 404
