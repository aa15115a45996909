"""Reads what a running container used from its cgroup, where the engine runs on this machine.

Milliseconds, while the engine's own statistics take longer; and only the cgroup knows whether one
process among several was killed for memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Usage:
    """What could be read; None is unknown."""

    cpu_seconds: float | None = None
    peak_bytes: int | None = None
    out_of_memory: bool = False


def usage_of(pid: int, container: str) -> Usage | None:
    """The usage of the container's cgroup, found by its first process.

    None if that process is not on this machine, or is not the container's.
    """
    try:
        lines = (_PROC / str(pid) / "cgroup").read_text().splitlines()
    except OSError:
        return None
    # On a remote engine the number belongs to somebody else's process.
    places = dict(line.split(":", 2)[1:] for line in lines if container in line)
    if "memory" in places:
        return _version_1(places)
    if "" in places:
        return _version_2(_ROOT / places[""].lstrip("/"))
    return None


def _version_1(places: dict[str, str]) -> Usage:
    memory = _ROOT / "memory" / places["memory"].lstrip("/")
    account = next((name for name in places if "cpuacct" in name.split(",")), None)
    nanoseconds = None
    if account is not None:
        nanoseconds = _number(_ROOT / account / places[account].lstrip("/") / "cpuacct.usage")
    return Usage(
        cpu_seconds=None if nanoseconds is None else nanoseconds / 1e9,
        peak_bytes=_number(memory / "memory.max_usage_in_bytes"),
        out_of_memory=_field(memory / "memory.oom_control", "oom_kill") not in {None, 0},
    )


def _version_2(folder: Path) -> Usage:
    microseconds = _field(folder / "cpu.stat", "usage_usec")
    return Usage(
        cpu_seconds=None if microseconds is None else microseconds / 1e6,
        peak_bytes=_number(folder / "memory.peak"),
        out_of_memory=_field(folder / "memory.events", "oom_kill") not in {None, 0},
    )


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def _field(path: Path, name: str) -> int | None:
    """The number on the line that begins with `name`."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        key, _, value = line.partition(" ")
        if key == name and value.isdigit():
            return int(value)
    return None
