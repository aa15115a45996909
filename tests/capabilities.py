"""What this machine can do. A test that needs more is skipped, or fails where it must run.

`SANDGLASS_REQUIRE=docker,bubblewrap` says that this machine is meant to have both. A missing
capability is then a failure, so that a broken daemon cannot turn a test run green.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache

import pytest

from runners.sandboxes.base import SandboxError
from runners.sandboxes.bubblewrap import BubblewrapSandbox
from runners.sandboxes.docker import DockerSandbox


def missing_docker() -> str:
    """Why Docker sandboxes cannot be used here, or nothing: an engine, and images that fit."""
    return _refusal(lambda: DockerSandbox().probe())


def missing_bubblewrap() -> str:
    """Why bubblewrap cannot be used here, or nothing: a sandbox must really start."""
    return _refusal(lambda: BubblewrapSandbox().probe())


def _refusal(probe: Callable[[], None]) -> str:
    try:
        probe()
    except SandboxError as error:
        return str(error)
    return ""


PROBES: dict[str, Callable[[], str]] = {
    "docker": missing_docker,
    "bubblewrap": missing_bubblewrap,
}


@cache
def missing(name: str) -> str:
    """Why a capability is absent, or nothing; asked once for each run of the tests."""
    return PROBES[name]()


def required() -> set[str]:
    """The capabilities that this machine is meant to have."""
    names = {name.strip() for name in os.environ.get("SANDGLASS_REQUIRE", "").split(",")} - {""}
    if unknown := names - set(PROBES):
        raise pytest.UsageError(f"SANDGLASS_REQUIRE names unknown capabilities: {sorted(unknown)}")
    return names


def require(name: str) -> None:
    """Go on only where this machine has the capability; fail instead where it is meant to."""
    reason = missing(name)
    if reason and name in required():
        pytest.fail(f"this machine is meant to have {name}: {reason}", pytrace=False)
    if reason:
        pytest.skip(f"needs {name}: {reason}")
