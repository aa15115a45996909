"""Carries frames between judge and guest, and keeps what is meant for us.

Two threads, one for each direction. What a guest sends is checked for size and address and
passed on unread.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from runners.judgement import Judgement
from runners.sandboxes.base import SandboxGone, SandboxProcess
from runners.wire import frames
from runners.wire.decode import decode
from runners.wire.errors import ChannelClosed, ProtocolError

_SLACK = 4096
_SMALL = 64 * 1024
_RUN_BYTES = 8 * 1024**3


class JudgeLine:
    """A judge process and the thread that reads it. Lives as long as the judge."""

    def __init__(self, process: SandboxProcess) -> None:
        self.process = process
        self.events: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        """What the judge tells; None when it has ended."""
        self.guest: SandboxProcess | None = None
        self.has_ended = False
        self._sending = threading.Lock()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def order(self, payload: bytes) -> None:
        """Send the judge a frame of its own. Raises `SandboxGone`."""
        self.send(frames.CONTROL, payload)

    def send(self, scope: int, payload: bytes | bytearray) -> None:
        """Send the judge a frame, whole. Raises `SandboxGone`."""
        with self._sending:
            _send(self.process, scope, payload)

    def lose_guest(self) -> None:
        """End the run at hand: its guest is gone, and the judge would wait in vain.

        It would take each answer that does not come for one that comes too late.
        """
        if self.guest is not None:
            self.events.put({"event": "fault", "blame": "guest", "message": "the guest is gone"})

    def next_event(self, deadline: float) -> dict[str, Any] | None:
        """What the judge tells next; None when it has ended, or at `deadline` (monotonic)."""
        try:
            return self.events.get(timeout=max(deadline - time.monotonic(), 0.001))
        except queue.Empty:
            return None

    def follow(
        self, judgement: Judgement, on_event: Callable[[dict[str, Any]], None], deadline: float
    ) -> bool:
        """Listen until the judge is done with a run; tells whether it came to its end."""
        while True:
            event = self.next_event(deadline)
            if event is None or event["event"] == "finished":
                judgement.fault = judgement.fault or ("system", f"the judge ended or hung: {event}")
                return False
            judgement.take(event)
            on_event(event)
            if event["event"] in ("done", "fault"):
                return True

    def _read(self) -> None:
        try:
            while True:
                scope, payload = frames.read_frame(self.process.receive, 2**31)
                if scope == frames.CONTROL:
                    self.events.put(decode(payload))
                elif self.guest is not None:
                    self._forward(self.guest, scope, payload)
                del payload  # or it would stand beside the next one while that arrives
        except (ChannelClosed, ProtocolError, OSError):
            self.has_ended = True
            self.events.put(None)

    @staticmethod
    def _forward(guest: SandboxProcess, scope: int, payload: bytearray) -> None:
        try:
            _send(guest, scope, payload)
        except SandboxGone:
            return  # the judge learns of it by the answer that does not come


class GuestLine:
    """The thread that reads one guest and writes to its judge, until the guest ends."""

    def __init__(self, guest: SandboxProcess, judge: JudgeLine, frame_bytes: int) -> None:
        self._guest = guest
        self._judge = judge
        self._limit = frame_bytes + _SLACK
        self._left = _RUN_BYTES
        self.on_end: Any = None
        self.has_died = False
        """Whether the guest ended by itself; one that breaks the rules lives on, unheard."""
        self.was_emptied = False
        """Whether the guest said that it has forgotten what it ran, as its last word."""
        self._thread = threading.Thread(target=self._read, daemon=True)

    def start(self, on_end: Any) -> None:
        """Begin; `on_end()` is called from the thread when the guest is gone."""
        self.on_end = on_end
        self._thread.start()

    def join(self, seconds: float) -> bool:
        """Wait for the end, after the guest was killed; tells whether it came."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _read(self) -> None:
        try:
            while self._left > 0:
                scope, payload = frames.read_frame(self._guest.receive, self._limit)
                if scope == frames.CONTROL:
                    self.was_emptied = True
                    break
                self._left -= len(payload)
                self._judge.send(scope, payload)
                del payload  # or it would stand beside the next one while that arrives
        except ChannelClosed:
            self.has_died = True
            self._judge.lose_guest()
        except (ProtocolError, SandboxGone, OSError):
            pass
        self.on_end()


def _send(process: SandboxProcess, scope: int, payload: bytes | bytearray) -> None:
    """Write one frame; a large one is not copied once more to stand behind its header."""
    if len(payload) < _SMALL:
        process.send(frames.pack(scope, payload))
        return
    process.send(frames.HEADER.pack(len(payload), scope))
    process.send(memoryview(payload))
