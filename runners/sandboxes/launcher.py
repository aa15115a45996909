"""Runs inside bubblewrap, before the judge or guest: gives away every right, then becomes it.

bubblewrap makes the namespaces and the mounts; what it has no option for is done here, while there
still are rights to do it: limits on inodes, an unprivileged user, resource limits, the system call
filter. It is started by path, alone, so it imports the standard library only.

argv: one JSON object, then the command to become. Errors go to stderr and end the process. On the
`ready` descriptor goes one byte before the command takes over; a second one says that it could not.
"""

from __future__ import annotations

import base64
import ctypes
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any, NoReturn

_PR_SET_SECCOMP, _PR_CAPBSET_DROP, _PR_CAP_AMBIENT = 22, 24, 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_SECCOMP_MODE_FILTER = 2
_CLONE_NEWPID = 0x2000_0000
_MS_STRICT = 0x2 | 0x4 | 0x8  # MS_NOSUID | MS_NODEV | MS_NOEXEC
_MS_REMOUNT = 0x20
_SIGNALLED = 128
_INSTRUCTION_BYTES = 8

_libc = ctypes.CDLL(None, use_errno=True)


class _CapabilityHeader(ctypes.Structure):
    """struct __user_cap_header_struct."""

    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


_CAPABILITIES_VERSION_3 = 0x2008_0522
_NO_CAPABILITIES = bytes(24)  # effective, permitted and inheritable, 32 bits each, twice


class _Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def main() -> None:
    """Prepare, then become the command."""
    plan: dict[str, Any] = json.loads(sys.argv[1])
    if plan["uid"] is not None:
        _stay_behind(plan["ready"])
    for path, options in plan["remounts"].items():
        _remount(path, options)
    Path("/proc/self/oom_score_adj").write_text(str(plan["oom_score_adj"]), encoding="ascii")
    _drop_rights(plan["uid"])
    for number, limit in plan["limits"]:
        resource.setrlimit(number, tuple(limit))
    _filter(base64.b64decode(plan["filter"]))
    _become(sys.argv[2:], plan["ready"])


def _stay_behind(ready: int) -> None:
    """Go on in a process namespace of its own, and leave a keeper of bubblewrap's user behind.

    When the worker dies, bubblewrap is killed and the kernel signals its child, but only with
    bubblewrap's rights, and those do not reach another user. They reach the keeper, and with the
    keeper, number 1 of the outer namespace, everything in the inner one ends.
    """
    _check(_libc.unshare(_CLONE_NEWPID), "make a process namespace")
    child = os.fork()
    if child:
        _keep(child, ready)
    _check(_libc.mount(b"proc", b"/proc", b"proc", _MS_STRICT, None), "mount /proc")


def _keep(child: int, ready: int) -> NoReturn:
    """Wait without rights and without the sandbox's streams; end as the child ended."""
    _drop_rights(None)
    os.close(ready)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os._exit(code if code >= 0 else _SIGNALLED - code)


def _become(command: list[str], ready: int) -> None:
    os.set_inheritable(ready, False)  # closed by a successful exec, which is how the host learns
    os.write(ready, b"1")
    try:
        os.execv(command[0], command)  # noqa: S606 - the host's argument, not a student's
    except OSError:
        os.write(ready, b"0")
        raise


def _remount(path: str, options: str) -> None:
    flags = _MS_REMOUNT | _MS_STRICT
    done = _libc.mount(b"none", path.encode(), None, flags, options.encode())
    _check(done, f"remount {path}")


def _drop_rights(uid: int | None) -> None:
    """With a uid: become it. Without: already unprivileged outside, so drop what is left inside."""
    # Fails at the first number that this kernel has no capability for.
    number = 0
    while _libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0) == 0:
        number += 1
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    _check(_libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "clear ambient rights")
    header = _CapabilityHeader(_CAPABILITIES_VERSION_3, 0)
    _check(_libc.capset(ctypes.byref(header), _NO_CAPABILITIES), "drop all rights")


def _filter(program: bytes) -> None:
    steps = _Program(len(program) // _INSTRUCTION_BYTES, program)
    done = _libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(steps), 0, 0)
    _check(done, "load the system call filter")


def _check(result: int, what: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), f"cannot {what}: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    main()
