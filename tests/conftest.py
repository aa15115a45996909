"""For all tests: a mark that names a capability skips, or fails, where the machine lacks it.

What the service writes in a test run lies in `tests.environment`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.capabilities import PROBES, require, required


def pytest_configure() -> None:
    """Refuse a misspelt `SANDGLASS_REQUIRE` before the first test; hash passwords in a blink."""
    required()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """`@pytest.mark.docker` and its sisters stand for a call of `require`."""
    for name in PROBES:
        if item.get_closest_marker(name):
            require(name)


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """A SQLite for tests is a file: in memory, threads do not wait for each other's locks."""
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(Path(settings.DATA) / "tests.sqlite3")
