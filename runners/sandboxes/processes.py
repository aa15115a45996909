"""What a process and all its descendants hold and have used, seen from outside.

Reads `/proc` only. A sandbox's processes cannot leave the tree below its process number 1.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_KIB = 1024


def tree(pid: int) -> Iterator[int]:
    """`pid` and its descendants; those that end meanwhile may be missing."""
    waiting = [pid]
    while waiting:
        current = waiting.pop()
        yield current
        waiting += _children(current)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        threads = list((_PROC / str(pid) / "task").iterdir())
    except OSError:
        return found
    for thread in threads:
        try:
            listed = (thread / "children").read_text()
        except OSError:
            continue
        found += map(int, listed.split())
    return found


def resident_bytes(pid: int) -> int:
    """The sum of what each process has resident: quick, and too much, for forks share pages."""
    return sum(map(_resident, tree(pid)))


def held_bytes(pid: int) -> int:
    """What the tree really holds: shared pages are counted once. Milliseconds for each process."""
    return sum(map(_proportional, tree(pid)))


def most_held_bytes(pid: int) -> int:
    """The most that any one living process of the tree has ever had resident.

    Not `ru_maxrss`: a process inherits that from whoever started it, however large that one is.
    """
    return max(map(_high_water, tree(pid)), default=0)


def cpu_seconds(pid: int) -> float:
    """The processor time of the tree, with that of ended processes whose parents still live."""
    return sum(map(_ticks, tree(pid))) / _TICKS_PER_SECOND


def _ticks(pid: int) -> int:
    try:
        # The name, in parentheses, may hold anything; what follows it is numbers.
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(map(int, fields[11:15]))


def _resident(pid: int) -> int:
    try:
        return int((_PROC / str(pid) / "statm").read_text().split()[1]) * _PAGE_BYTES
    except (OSError, IndexError):
        return 0


def _proportional(pid: int) -> int:
    # Where it cannot be read, because the process ended or is not ours, count what is resident.
    found = _field(pid, "smaps_rollup", "Pss:")
    return _resident(pid) if found is None else found


def _high_water(pid: int) -> int:
    return _field(pid, "status", "VmHWM:") or 0


def _field(pid: int, file: str, name: str) -> int | None:
    """A size in bytes out of a file of a process; None where there is none to be read."""
    try:
        for line in (_PROC / str(pid) / file).read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * _KIB
    except OSError:
        pass
    return None
