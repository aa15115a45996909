"""Finds and ends processes that a check left behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_DUMPABLE = 4
_ROUNDS = 50


def become_reaper() -> None:
    """Adopt every orphan, and let no other process of this user look into this one."""
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def be_ordinary() -> None:
    """Undo, in a fork, that the supervisor hides itself; /proc/self would not be ours else."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)


def kill_strays(keep: set[int]) -> None:
    """End every descendant of this process but `keep`; repeated, for they may be forking."""
    for _ in range(_ROUNDS):
        alive, dead_children = _descendants()
        for pid in dead_children - keep:
            with contextlib.suppress(OSError):
                os.waitpid(pid, os.WNOHANG)
        strays = alive - keep
        if not strays:
            return
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in strays:
                with contextlib.suppress(OSError):
                    os.kill(pid, number)
        for pid in strays:  # waits only for those that are, or have become, children of this one
            with contextlib.suppress(OSError):
                os.waitpid(pid, 0)


def _descendants() -> tuple[set[int], set[int]]:
    """The pids of all living descendants of this process, and of its children that have ended."""
    parents, dead = {}, set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if fields[0] != "Z":
                    parents[int(entry.name)] = int(fields[1])
                elif int(fields[1]) == os.getpid():
                    dead.add(int(entry.name))
    found: set[int] = set()
    front = {os.getpid()}
    while front:
        front = {pid for pid, parent in parents.items() if parent in front} - found
        found |= front
    return found, dead


def out_of_memory_kills() -> int:
    """How often the kernel killed in this control group for want of memory."""
    for path in ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            for line in Path(path).read_text().splitlines():
                if line.startswith("oom_kill "):
                    return int(line.split()[1])
    return 0


def memory_usage(pid: int, *, reset: bool) -> tuple[int, int]:
    """The bytes that a process holds now, and the most that it has held.

    With `reset`, what it holds now is first made the most, where the kernel lets us.
    """
    folder = Path("/proc") / str(pid)
    if reset:
        with contextlib.suppress(OSError):
            (folder / "clear_refs").write_text("5")
    found = {"VmRSS": 0, "VmHWM": 0}
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in (folder / "status").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name in found:
                found[name] = int(rest.split()[0]) * 1024
    return found["VmRSS"], found["VmHWM"]
