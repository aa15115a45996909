"""The descriptors between this process and a bubblewrap sandbox, opened and closed in one place."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from contextlib import ExitStack
from dataclasses import dataclass

_PIPE_BYTES = 1024**2
_LAST_WORDS_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Pipes:
    """The host's ends of the sandbox's standard streams."""

    stdin: int
    stdout: int
    stderr: int


@dataclass(slots=True)
class Ends:
    """Both sides' ends. `status` tells process number 1, `ready` that the launcher is through."""

    stdin: int
    stdout: int
    stderr: int
    status: int
    ready: int
    theirs_stdin: int
    theirs_stdout: int
    theirs_stderr: int
    theirs_status: int
    theirs_ready: int
    _theirs: ExitStack
    _kept: ExitStack

    @classmethod
    def open(cls, stack: ExitStack) -> Ends:
        """Open all of them; `stack` closes what is not kept."""
        theirs = stack.enter_context(ExitStack())
        kept = stack.enter_context(ExitStack())
        stdin_read, stdin_write = _pipe(_PIPE_BYTES)
        stdout_read, stdout_write = _pipe(_PIPE_BYTES)
        stderr_read, stderr_write = _pipe()
        status_read, status_write = _pipe()
        ready_read, ready_write = _pipe()
        for end in (stdin_read, stdout_write, stderr_write, status_write, ready_write):
            theirs.callback(os.close, end)
        for end in (stdin_write, stdout_read, stderr_read):
            kept.callback(os.close, end)
        for end in (status_read, ready_read):
            stack.callback(os.close, end)
        return cls(
            stdin=stdin_write,
            stdout=stdout_read,
            stderr=stderr_read,
            status=status_read,
            ready=ready_read,
            theirs_stdin=stdin_read,
            theirs_stdout=stdout_write,
            theirs_stderr=stderr_write,
            theirs_status=status_write,
            theirs_ready=ready_write,
            _theirs=theirs,
            _kept=kept,
        )

    def close_theirs(self) -> None:
        """The sandbox has them now; as long as we did too, its end would never be seen."""
        self._theirs.close()

    def keep(self) -> Pipes:
        """Take the standard streams out of the stack's care."""
        self._kept.pop_all()
        return Pipes(self.stdin, self.stdout, self.stderr)

    def init_pid(self) -> int | None:
        """Process number 1 of the sandbox, as this machine counts; None if bwrap gave up."""
        told = b""
        while chunk := os.read(self.status, 4096):
            told += chunk
            with contextlib.suppress(ValueError):
                return int(json.loads(told)["child-pid"])
        return None

    def wait_ready(self) -> bool:
        """Whether the launcher became the role's program; waits for it."""
        said = b""
        while byte := os.read(self.ready, 1):
            said += byte
        return said == b"1"

    def last_words(self) -> str:
        """What a failed start said on stderr."""
        os.set_blocking(self.stderr, False)
        with contextlib.suppress(BlockingIOError):
            return os.read(self.stderr, _LAST_WORDS_BYTES).decode(errors="replace")
        return ""


def _pipe(size: int | None = None) -> tuple[int, int]:
    read, write = os.pipe()
    if size is not None:
        # A user's share of large pipes may be used up; a small one is only slower.
        with contextlib.suppress(OSError):
            fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, size)
    return read, write


def text_descriptor(text: str, stack: ExitStack) -> int:
    """A descriptor from which `text` can be read, however long it is; `stack` closes it."""
    descriptor = os.memfd_create("sandglass")
    stack.callback(os.close, descriptor)
    with os.fdopen(os.dup(descriptor), "w", encoding="utf-8") as file:
        file.write(text)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
