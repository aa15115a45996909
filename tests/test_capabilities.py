"""Tests that need more than Python: skipped on a laptop, failed where they must run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.capabilities import PROBES, missing, require, required


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A capability that no machine has."""
    monkeypatch.setitem(PROBES, "absent", lambda: "nobody makes it")
    yield "absent"
    missing.cache_clear()


def test_absent_where_nobody_asked_for_it(absent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A laptop without it runs the rest."""
    monkeypatch.setenv("SANDGLASS_REQUIRE", "docker")
    with pytest.raises(pytest.skip.Exception, match="needs absent: nobody makes it"):
        require(absent)


def test_absent_where_it_is_meant_to_be(absent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that lost it must not pass."""
    monkeypatch.setenv("SANDGLASS_REQUIRE", "docker, absent")
    with pytest.raises(pytest.fail.Exception, match="meant to have absent: nobody makes it"):
        require(absent)


def test_present(monkeypatch: pytest.MonkeyPatch) -> None:
    """With it, the test goes on."""
    monkeypatch.setitem(PROBES, "present", lambda: "")
    require("present")


def test_misspelt(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that no test asks for would require nothing."""
    monkeypatch.setenv("SANDGLASS_REQUIRE", "docker,bubblewarp")
    with pytest.raises(pytest.UsageError, match="bubblewarp"):
        required()
