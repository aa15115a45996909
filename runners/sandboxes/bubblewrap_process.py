"""A running bubblewrap sandbox: pipes, a memory watchdog, and an end that leaves nothing."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading
import weakref

from runners.sandboxes.base import Ending, SandboxGone
from runners.sandboxes.pipes import Pipes
from runners.sandboxes.processes import (
    cpu_seconds,
    held_bytes,
    most_held_bytes,
    resident_bytes,
)
from runners.sandboxes.stderr import StderrDrain

_WATCH_SECONDS = 0.1
# One process that takes too much must meet its own limit first: that costs it, and the check that
# it belongs to, and not the whole sandbox. Beside what it holds the sum has the libraries in it.
_SUM_TO_ONE = 1.25
_WORTH_A_LOOK = 1.1
_LAST_WORDS_SECONDS = 0.5
_SIGNALLED = 128  # bwrap reports death by signal n as exit code 128 + n


class BubblewrapProcess:
    """A started sandbox. Made by `BubblewrapSandbox.start`."""

    def __init__(
        self, monitor: subprocess.Popen[bytes], init: int, pipes: Pipes, memory_bytes: int
    ) -> None:
        self._monitor = monitor
        self.init = init
        """The sandbox's process number 1, as this machine counts: all others end with it."""
        self._init_handle = os.pidfd_open(init)
        self._pipes = pipes
        self._memory_bytes = int(memory_bytes * _SUM_TO_ONE)
        self._peak_bytes = 0
        self._out_of_memory = False
        self._ending: Ending | None = None
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._stderr = StderrDrain(self._read_stderr, f"sandbox {init}")
        # A reader or writer may be at work in another thread until the last reference is gone;
        # a descriptor closed under it could by then be somebody else's.
        descriptors = (pipes.stdin, pipes.stdout, pipes.stderr, self._init_handle)
        weakref.finalize(self, _close, descriptors)
        watch = threading.Thread(target=self._watch, name=f"memory of {init}", daemon=True)
        watch.start()

    def send(self, data: bytes | memoryview) -> None:
        """Write all of `data` to the process."""
        if self._over.is_set():
            raise SandboxGone("The sandbox was ended.")
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self._pipes.stdin, left) :]
        except OSError as error:
            raise SandboxGone("The sandbox ended before it read everything.") from error

    def receive(self, size: int) -> bytes:
        """Read up to `size` bytes of what the process wrote."""
        if self._over.is_set():
            return b""
        return os.read(self._pipes.stdout, size)

    def kill(self) -> Ending:
        """End process number 1; the kernel ends all others before its parent hears of it."""
        self._over.set()
        with self._lock:
            if self._ending is None:
                self._ending = self._end()
            return self._ending

    def measure(self) -> Ending:
        """How it stands now; the process goes on."""
        return self._ending or Ending(
            out_of_memory=self._out_of_memory,
            cpu_seconds=self._cpu_so_far(),
            peak_bytes=self._peak_bytes or None,
        )

    def _strike(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._init_handle, signal.SIGKILL)

    def _end(self) -> Ending:
        # The kernel adds up those who were waited for; those who end with number 1 are not.
        so_far, most = self._cpu_so_far(), most_held_bytes(self.init)
        if self._has_ended():
            most = 0  # its number may have been another process's by then
        self._strike()
        _, status, used = os.wait4(self._monitor.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        self._monitor.returncode = code
        signalled = code > _SIGNALLED or code < 0
        return Ending(
            exit_code=None if signalled else code,
            signal=abs(code) % _SIGNALLED if signalled else None,
            out_of_memory=self._out_of_memory,
            cpu_seconds=max(so_far, used.ru_utime + used.ru_stime),
            peak_bytes=max(self._peak_bytes, most) or None,
            stderr=self._stderr.finish(_LAST_WORDS_SECONDS),
        )

    def _read_stderr(self, size: int) -> bytes:
        return os.read(self._pipes.stderr, size)

    def _watch(self) -> None:
        """Each process has its own limit; this one is on their sum.

        The exact sum is slow to read, so it is read only when the quick one has grown, or could
        mean too much.
        """
        looked_at = 0.0
        while not self._over.wait(_WATCH_SECONDS):
            resident = resident_bytes(self.init)
            if resident <= min(self._memory_bytes, looked_at * _WORTH_A_LOOK):
                continue
            looked_at = resident
            held = held_bytes(self.init)
            if self._has_ended():
                return  # and its number may be another process's by now
            self._peak_bytes = max(self._peak_bytes, held)
            if held > self._memory_bytes:
                self._out_of_memory = True
                self._strike()
                return

    def _cpu_so_far(self) -> float:
        used = cpu_seconds(self.init)
        return 0.0 if self._has_ended() else used

    def _has_ended(self) -> bool:
        """A handle of a process becomes readable when the process ends."""
        return bool(select.select([self._init_handle], [], [], 0)[0])


def _close(descriptors: tuple[int, ...]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
