"""What the supervisor knows of one guest process."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from dataclasses import dataclass, field

from runners.guest import pipe
from runners.guest.capture import Capture


@dataclass(eq=False)
class Scope:
    """One guest process: its line, its output, and where it was forked from."""

    number: int
    parent: Scope | None
    sock: socket.socket
    output: int
    capture: Capture
    pid: int = 0
    inbox: bytearray = field(default_factory=bytearray)
    outbox: bytearray = field(default_factory=bytearray)
    kills_before: int = 0

    def queue(self, kind: int, payload: bytes | memoryview) -> None:
        """Send a frame as soon as the process reads it."""
        self.outbox += pipe.HEADER.pack(len(payload), kind)
        self.queue_raw(payload)

    def queue_raw(self, data: bytes | memoryview) -> None:
        """Send the rest of a frame whose header is already on its way."""
        self.outbox += data
        self.flush()

    def flush(self) -> None:
        """Write what fits. A broken line shows when it is read."""
        with contextlib.suppress(OSError):
            while self.outbox:
                sent = self.sock.send(memoryview(self.outbox)[: 1024 * 1024])
                del self.outbox[:sent]

    def drain_output(self) -> None:
        """Take what the process has printed so far."""
        with contextlib.suppress(OSError):
            while data := os.read(self.output, 65536):
                self.capture.add(data)

    def kill(self) -> None:
        """End the process and its group."""
        if self.pid > 1:
            with contextlib.suppress(OSError):
                os.killpg(self.pid, signal.SIGKILL)
            with contextlib.suppress(OSError):
                os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Let go of its line and its output."""
        self.sock.close()
        os.close(self.output)
