"""Which sandbox a host gets: the strongest that really works here, or the one asked for."""

from __future__ import annotations

import logging
from collections.abc import Callable

from runners.sandboxes.base import Sandbox, SandboxError
from runners.sandboxes.bubblewrap import BubblewrapSandbox
from runners.sandboxes.process import ProcessSandbox

log = logging.getLogger(__name__)

AUTO = "auto"
NO_ISOLATION = (
    "NO ISOLATION: there is neither Docker nor bubblewrap, so submissions run as plain processes "
    "with your files, your network and your rights. Grade only code that you trust."
)


def open_sandbox(name: str = AUTO) -> Sandbox:
    """The sandbox of that name, tried out. Raises `SandboxError` with what to do."""
    if name == AUTO:
        return _strongest()
    if name not in _OPENERS:
        known = ", ".join((AUTO, *_OPENERS))
        raise SandboxError(f"There is no sandbox {name!r}: choose one of {known}.")
    return _OPENERS[name]()


def _strongest() -> Sandbox:
    for name in ("docker", "bubblewrap"):
        try:
            return _OPENERS[name]()
        except SandboxError as error:
            log.info("no %s sandbox: %s", name, error)
    return _open_process()


def _open_docker() -> Sandbox:
    try:
        from runners.sandboxes.docker import DockerSandbox  # noqa: PLC0415 - its SDK is optional
    except ImportError as error:
        raise SandboxError("Docker needs its SDK: install the `docker` package.") from error
    sandbox = DockerSandbox()
    sandbox.probe()
    return sandbox


def _open_bubblewrap() -> Sandbox:
    sandbox = BubblewrapSandbox()
    sandbox.probe()
    return sandbox


def _open_process() -> Sandbox:
    log.warning(NO_ISOLATION)
    return ProcessSandbox()


_OPENERS: dict[str, Callable[[], Sandbox]] = {
    "docker": _open_docker,
    "bubblewrap": _open_bubblewrap,
    "process": _open_process,
}
