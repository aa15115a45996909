"""The processes of a worker and of its sandboxes, as this machine counts them."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

from runners.sandboxes.base import Role
from runners.sandboxes.processes import tree
from runners.sandboxes.start import command

_PROC = Path("/proc")


def below(pid: int) -> list[int]:
    """All descendants of a process; those that end meanwhile may be missing."""
    return [one for one in tree(pid) if one != pid]


def children(pid: int) -> list[int]:
    """The processes that it has started itself."""
    return [one for one in below(pid) if _parent(one) == pid]


def is_first(pid: int, role: Role) -> bool:
    """Whether it is the first process of a sandbox of this role: the others are its forks."""
    return _words(pid) == command(role) != _words(_parent(pid))


def is_alive(pid: int) -> bool:
    """Whether it is there and has not ended; who waits to be buried has."""
    fields = _stat(pid)
    return bool(fields) and fields[0] != "Z"


def kill(pid: int) -> None:
    """SIGKILL; one that has ended already is fine."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _words(pid: int) -> list[str]:
    try:
        return (_PROC / str(pid) / "cmdline").read_text("utf-8", "replace").split("\0")[:-1]
    except OSError:
        return []


def _parent(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[1]) if fields else 0


def _stat(pid: int) -> list[str]:
    try:
        # The name, in parentheses, may hold anything.
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
