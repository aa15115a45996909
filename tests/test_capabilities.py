"""Tests that need more than Python: skipped on a laptop, failed where they must run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import servers
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


ON_AN_EMPTY_MACHINE = {
    "postgres": "initdb is neither on PATH nor below {empty}; install PostgreSQL (on Debian:"
    " apt-get install postgresql)",
    "redis": "redis-server is not on PATH; install it (on Debian: apt-get install redis-server)",
    "browser": "none of chromium, chromium-browser, google-chrome is on PATH; install one"
    " (on Debian: apt-get install chromium)",
    "gpu": "nvidia-smi shows no GPU; the GPU road is proven here on the CPU alone",
}


@pytest.mark.parametrize(("name", "reason"), ON_AN_EMPTY_MACHINE.items())
def test_an_empty_machine_says_what_to_install(
    name: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason is the way out."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(servers, "POSTGRES_ROOT", tmp_path)
    assert PROBES[name]() == reason.format(empty=tmp_path)


@pytest.mark.parametrize("name", PROBES)
def test_each_has_its_mark(name: str, pytestconfig: pytest.Config) -> None:
    """A mark that pytest does not know could not be put on a test."""
    marks = {line.partition(":")[0] for line in pytestconfig.getini("markers")}
    assert name in marks
