"""What this machine can do. A test that needs more is skipped, or fails where it must run.

`SANDGLASS_REQUIRE=docker,bubblewrap` says that this machine is meant to have both. A missing
capability is then a failure, so that a broken daemon cannot turn a test run green.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import time
from collections.abc import Callable
from functools import cache

import pytest

from runners.contract import Limits
from runners.gpus import find_gpus
from runners.sandboxes.base import ProcessSpec, Role, SandboxError
from runners.sandboxes.bubblewrap import BubblewrapSandbox
from runners.sandboxes.choose import AUTO, open_sandbox
from runners.sandboxes.docker import DockerSandbox
from tests.servers import as_unprivileged, find_postgres

# Debian's names first; the last is what Google's own package installs.
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def missing_docker() -> str:
    """Why Docker sandboxes cannot be used here, or nothing: an engine, and images that fit."""
    return _refusal(lambda: DockerSandbox().probe())


def missing_runsc() -> str:
    """Why Docker sandboxes cannot have gVisor's kernel here, or nothing: one must really start."""
    return missing_docker() or _refusal(_start_with_runsc)


def missing_bubblewrap() -> str:
    """Why bubblewrap cannot be used here, or nothing: a sandbox must really start."""
    return _refusal(lambda: BubblewrapSandbox().probe())


def missing_postgres() -> str:
    """Why no PostgreSQL can be started here, or nothing. One that runs already is never touched."""
    try:
        find_postgres()
        as_unprivileged(signal.SIGTERM)
    except FileNotFoundError as error:
        return str(error)
    return ""


def missing_redis() -> str:
    """Why no Redis can be started here, or nothing. The broker out of the wheel does not count."""
    if shutil.which("redis-server"):
        return ""
    return "redis-server is not on PATH; install it (on Debian: apt-get install redis-server)"


def missing_browser() -> str:
    """Why no page can be looked at here, or nothing: a Chromium, and what drives it."""
    if not find_browser():
        return (
            f"none of {', '.join(BROWSERS)} is on PATH; install one"
            " (on Debian: apt-get install chromium)"
        )
    if not importlib.util.find_spec("playwright"):
        return "the package playwright is not installed; run `make setup`"
    return ""


def missing_gpu() -> str:
    """Why no run can have a GPU here, or nothing: one must be there, and sandboxes that take it."""
    if not find_gpus():
        return "nvidia-smi shows no GPU; the GPU road is proven here on the CPU alone"
    return _refusal(_describe_with_gpu)


def find_browser() -> str | None:
    """The program of a Chromium, or nothing."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def _start_with_runsc() -> None:
    sandbox = DockerSandbox(runtime="runsc", command=["/bin/true"])
    sandbox.probe()
    spec = ProcessSpec(Role.GUEST, Limits(), "probe", time.time() + 60)
    sandbox.start(spec).kill()


def _describe_with_gpu() -> None:
    open_sandbox(AUTO).describe(gpu=True)


def _refusal(probe: Callable[[], None]) -> str:
    try:
        probe()
    except SandboxError as error:
        return str(error)
    return ""


PROBES: dict[str, Callable[[], str]] = {
    "docker": missing_docker,
    "runsc": missing_runsc,
    "bubblewrap": missing_bubblewrap,
    "postgres": missing_postgres,
    "redis": missing_redis,
    "browser": missing_browser,
    "gpu": missing_gpu,
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
