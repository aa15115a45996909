"""House rules for the packages: each is pinned, each is needed, and each hole in one is told."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib import metadata
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.tree import ROOT, read

PIN = re.compile(r"[a-z0-9][a-z0-9-]*==[0-9][A-Za-z0-9.]*")
PINS = [line for line in read("requirements.lock").splitlines() if not line.startswith("#")]
LOCKED = {line.partition("==")[0] for line in PINS}


def asked_for() -> list[Requirement]:
    """What pyproject.toml asks for, in all groups."""
    project = tomllib.loads(read("pyproject.toml"))["project"]
    groups = project["optional-dependencies"].values()
    return [Requirement(line) for lines in (project["dependencies"], *groups) for line in lines]


def needed() -> set[str]:
    """The names of all packages that are needed here, by us or by one another."""
    found: set[str] = set()
    seen: set[tuple[str, str]] = set()
    waiting = asked_for()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        for extra in ("", *requirement.extras):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            found.add(name)
            waiting += _wanted_by(name, extra)
    return found


def _wanted_by(name: str, extra: str) -> list[Requirement]:
    try:
        lines = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []  # of another kind of machine
    wanted = [Requirement(line) for line in lines]
    return [one for one in wanted if one.marker is None or one.marker.evaluate({"extra": extra})]


def test_every_package_is_pinned_once() -> None:
    assert [line for line in PINS if not PIN.fullmatch(line)] == []
    assert sorted(LOCKED) == sorted(line.partition("==")[0] for line in PINS)


def test_every_package_is_needed_by_something() -> None:
    """A stray one is code that nobody looks at and everybody installs."""
    assert LOCKED - needed() == set()


def test_what_is_asked_for_is_pinned() -> None:
    assert {canonicalize_name(one.name) for one in asked_for()} <= LOCKED


def test_the_search_finds_what_is_needed_by_others() -> None:
    """Directly, by what that needs, and by an extra."""
    assert {"django", "sqlparse", "filelock"} <= needed()
    assert "tornado" not in needed()


# --- what is known of them ------------------------------------------------------------------------


def audit() -> Any:
    """The command, as a module."""
    spec = spec_from_file_location("audit", ROOT / ".ci/audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SOUND = {"name": "django", "version": "5.2.19", "vulns": []}
HOLED = {
    "name": "requests",
    "version": "2.0",
    "vulns": [{"id": "CVE-1", "fix_versions": ["2.1"]}, {"id": "CVE-2", "fix_versions": []}],
}
SKIPPED = {"name": "ours", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("packages", "code", "lines"),
    [
        ([SOUND], 0, []),
        ([SOUND, SKIPPED], 0, ["ours: nothing is known of it"]),
        (
            [SOUND, HOLED],
            1,
            ["requests 2.0: CVE-1, mended in 2.1", "requests 2.0: CVE-2, mended in no version yet"],
        ),
        ([SKIPPED, SKIPPED], 3, []),
        ([], 3, []),
    ],
)
def test_a_hole_is_an_error_and_silence_no_answer(
    packages: list[Any], code: int, lines: list[str]
) -> None:
    """A mirror that knows nothing of any package must not turn a run green."""
    assert audit().verdict({"dependencies": packages}) == (code, lines)


def test_without_an_answer_nothing_is_audited() -> None:
    assert audit().verdict(None) == (3, [])


def test_the_tool_takes_the_words_that_it_is_given() -> None:
    """Its own dry run, which asks nobody: a renamed option would look like no answer."""
    words = ["-r", "requirements.lock", "--no-deps", "--disable-pip", "--dry-run"]
    done = subprocess.run(
        [sys.executable, "-m", "pip_audit", *words, "--progress-spinner", "off"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"would have audited {len(PINS)} packages" in done.stderr
