"""The last resort: a plain process with resource limits. It keeps no one out; see the README.

For a laptop without Docker and without namespaces. It isolates nothing: student code runs as the
user who started it, with that user's files and network.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from runners.contract import Limits
from runners.sandboxes.base import Ending, ProcessSpec, SandboxGone
from runners.sandboxes.processes import most_held_bytes
from runners.sandboxes.pulse import Pulse
from runners.sandboxes.start import FORK_VARIABLES, gpu_variables

_ROOT = Path(__file__).resolve().parents[2]
_STDERR = 64 * 1024
_SELF_ENDING = 0.5


class ProcessSandbox:
    """Starts judge and guest as processes of this user."""

    name = "process"

    def start(self, spec: ProcessSpec) -> RunningProcess:
        """Start one. It gets an own folder, which goes when it ends."""
        return RunningProcess(spec)

    def describe(self, *, gpu: bool = False) -> dict[str, str]:  # noqa: ARG002 - all the same
        """What a receipt records."""
        return {"sandbox": self.name, "isolation": "none"}

    def watch(self) -> Pulse:
        """Nothing stands between us and what we started."""
        return Pulse()

    def reap(self, _now: float) -> list[str]:
        """Nothing: its processes end with whoever started them."""
        return []


class RunningProcess:
    """A process and the socket that is its standard input and output."""

    def __init__(self, spec: ProcessSpec) -> None:
        self._folder = tempfile.mkdtemp(prefix=f"sandglass-{spec.role}-")
        self._sock, theirs = socket.socketpair()
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed in kill()
        self._lock = threading.Lock()
        self._ending: Ending | None = None
        self._process = subprocess.Popen(
            [sys.executable, "-s", "-P", "-c", _LAUNCH, str(_ROOT), f"runners.{spec.role}"],
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            stderr=self._stderr,
            cwd=self._folder,
            env={**_environment(self._folder), **gpu_variables(spec.gpus)},
            start_new_session=True,
            preexec_fn=lambda: _limit(spec.limits),  # noqa: PLW1509 - no thread holds a lock here
        )
        theirs.close()

    def send(self, data: bytes | memoryview) -> None:
        """See `SandboxProcess`."""
        try:
            self._sock.sendall(data)
        except OSError as error:
            raise SandboxGone("the process has ended") from error

    def receive(self, size: int) -> bytes:
        """See `SandboxProcess`."""
        try:
            return self._sock.recv(size)
        except OSError:
            return b""

    def kill(self) -> Ending:
        """See `SandboxProcess`."""
        with self._lock:
            if self._ending is None:
                self._ending = self._end()
            return self._ending

    def _end(self) -> Ending:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        most = most_held_bytes(self._process.pid)
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)  # the supervisor ends its forks, then itself
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_SELF_ENDING)
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        code = self._process.wait()
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        self._sock.close()
        self._stderr.seek(0)
        text = self._stderr.read(_STDERR).decode("utf-8", "replace")
        self._stderr.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        return Ending(
            exit_code=code if code >= 0 else None,
            signal=-code if code < 0 else None,
            cpu_seconds=used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime,
            peak_bytes=most or None,
            stderr=text,
        )


_LAUNCH = (
    "import runpy, sys; sys.path.insert(0, sys.argv[1]); "
    "runpy.run_module(sys.argv[2], run_name='__main__', alter_sys=True)"
)


def _environment(folder: str) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "HOME": folder,
        "TMPDIR": folder,
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "MPLBACKEND": "Agg",
        "PYTHONDONTWRITEBYTECODE": "1",
        **FORK_VARIABLES,
    }


def _limit(limits: Limits) -> None:
    for what, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_DATA, limits.memory_bytes),
        (resource.RLIMIT_FSIZE, limits.scratch_bytes),
        (resource.RLIMIT_NOFILE, 1024),
    ):
        _, hard = resource.getrlimit(what)
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(what, (bound, bound))
