"""Platforms that stand beside the tests: one of each kind for all, as new for each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.lti.beside import KINDS, PlatformBeside, platform_beside


@pytest.fixture(scope="session")
def _platforms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, PlatformBeside]]:
    """Started when they are first asked for."""
    folder = tmp_path_factory.mktemp("platforms")
    with ExitStack() as stack:
        yield {kind: stack.enter_context(platform_beside(kind, folder)) for kind in KINDS}


@pytest.fixture(params=sorted(KINDS))
def platform(
    request: pytest.FixtureRequest, _platforms: dict[str, PlatformBeside]
) -> PlatformBeside:
    """Each kind in turn, with nothing in its memory of the test before."""
    found = _platforms[request.param]
    found.admin("reset")
    return found


@pytest.fixture
def canvas(_platforms: dict[str, PlatformBeside]) -> PlatformBeside:
    """One with the ways of Canvas."""
    _platforms["canvas"].admin("reset")
    return _platforms["canvas"]


@pytest.fixture
def moodle(_platforms: dict[str, PlatformBeside]) -> PlatformBeside:
    """One with the ways of Moodle."""
    _platforms["moodle"].admin("reset")
    return _platforms["moodle"]
