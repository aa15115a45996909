"""For all tests: a mark that names a capability skips, or fails, where the machine lacks it."""

from __future__ import annotations

import pytest

from tests.capabilities import PROBES, require, required


def pytest_configure() -> None:
    """Refuse a misspelt `SANDGLASS_REQUIRE` before the first test."""
    required()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """`@pytest.mark.docker` and its sisters stand for a call of `require`."""
    for name in PROBES:
        if item.get_closest_marker(name):
            require(name)
