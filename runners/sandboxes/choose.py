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


def open_sandbox(name: str = AUTO, *, runtime: str = "", cpuset: str = "") -> Sandbox:
    """The sandbox of that name, tried out. Raises `SandboxError` with what to do.

    `runtime` and `cpuset` are Docker's. Who names a runtime gets that one or none: `runsc` is
    asked for because of what bubblewrap cannot do.
    """
    if runtime and name == AUTO:
        name = "docker"
    if name == "docker":
        return _open_docker(runtime, cpuset)
    if name == AUTO:
        return _strongest(cpuset)
    if name not in _OPENERS:
        known = ", ".join((AUTO, "docker", *_OPENERS))
        raise SandboxError(f"There is no sandbox {name!r}: choose one of {known}.")
    return _OPENERS[name]()


def _strongest(cpuset: str) -> Sandbox:
    openers = {"docker": lambda: _open_docker("", cpuset), "bubblewrap": _open_bubblewrap}
    for name, opener in openers.items():
        try:
            return opener()
        except SandboxError as error:
            log.info("no %s sandbox: %s", name, error)
    return _open_process()


def _open_docker(runtime: str, cpuset: str) -> Sandbox:
    try:
        from runners.sandboxes.docker import DockerSandbox  # noqa: PLC0415 - its SDK is optional
    except ImportError as error:
        raise SandboxError("Docker needs its SDK: install the `docker` package.") from error
    sandbox = DockerSandbox(runtime=runtime or None, cpuset=cpuset or None)
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
    "bubblewrap": _open_bubblewrap,
    "process": _open_process,
}
