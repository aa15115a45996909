"""The judge's line: frames to and from the guest's supervisor, and events to whoever runs it."""

from __future__ import annotations

import os
import select
import time
from collections import deque
from collections.abc import Collection
from typing import Any

from runners.judge.errors import GuestEnded, GuestLost
from runners.wire import frames
from runners.wire.caps import Caps
from runners.wire.decode import decode
from runners.wire.encode import encode
from runners.wire.errors import ProtocolError

_CHUNK = 64 * 1024
_GRACE_SECONDS = 20.0
_SLACK = 1024


class Line:
    """Standard input and output of the judge, as frames, with deadlines on both directions."""

    def __init__(self, line_in: int, line_out: int, caps: Caps) -> None:
        self._in, self._out = line_in, line_out
        self._caps = caps
        self._inbox, self._outbox = bytearray(), bytearray()
        self._waiting: dict[int, deque[bytearray]] = {}
        self.ended: dict[int, dict[str, Any]] = {}
        self.deadline = float("inf")
        """`time.monotonic()` after which waiting for a guest process is over."""
        os.set_blocking(line_out, False)

    def event(self, **fields: Any) -> None:
        """Tell the controller something."""
        self._write(frames.pack(frames.CONTROL, encode(fields)), time.monotonic() + _GRACE_SECONDS)

    def send(self, scope: int, payload: bytes) -> None:
        """Send a message to a guest process."""
        self._write(frames.pack(scope, payload), self.deadline)

    def receive(self, scope: int) -> bytearray:
        """The next message of a guest process. Raises `GuestEnded` when there will be none."""
        while True:
            queue = self._waiting.get(scope)
            if queue:
                return queue.popleft()
            if scope in self.ended:
                raise _died(self.ended[scope])
            self._take(self.deadline)

    def speaker(self, scopes: Collection[int]) -> int:
        """Waits until one of these guest processes has said something or has ended; which one."""
        while True:
            for scope in scopes:
                if self._waiting.get(scope) or scope in self.ended:
                    return scope
            self._take(self.deadline)

    def supervise(self, *message: Any, request: int) -> tuple[Any, ...]:
        """Ask the supervisor and give its answer. Raises `GuestLost`."""
        deadline = time.monotonic() + _GRACE_SECONDS
        try:
            self._write(frames.pack(frames.SUPERVISOR, encode(message)), deadline)
            while True:
                queue = self._waiting.setdefault(frames.SUPERVISOR, deque())
                while queue:
                    answer = self._from_supervisor(queue.popleft())
                    if answer is not None and answer[1] == request:
                        return answer
                self._take(deadline)
        except (GuestEnded, ProtocolError) as error:
            raise GuestLost(f"the sandbox does not answer: {error}") from error

    def wait_for_bye(self) -> None:
        """Read whatever still comes until the controller says that nothing will."""
        deadline = time.monotonic() + _GRACE_SECONDS
        while frames.CONTROL not in self._waiting:
            self._take(deadline)

    def forget(self, scope: int) -> bool:
        """Drop what a closed process still said; tells whether there was anything."""
        return bool(self._waiting.pop(scope, None))

    def _from_supervisor(self, payload: bytearray) -> tuple[Any, ...] | None:
        message = decode(payload)
        if type(message) is not tuple or len(message) < 2:  # noqa: PLR2004
            raise ProtocolError("malformed word of the supervisor")
        if message[0] == "ended" and type(message[-1]) is dict:
            self.ended[message[1]] = message[-1]
            return None
        return message

    def _take(self, deadline: float) -> None:
        """Read one frame and put it where it belongs."""
        scope, payload = self._frame(deadline)
        queue = self._waiting.setdefault(scope, deque())
        if queue and scope != frames.SUPERVISOR:
            # Who answers one question at a time never has two messages on the way.
            self.ended.setdefault(scope, {"why": "protocol"})
            return
        queue.append(payload)
        if scope == frames.SUPERVISOR and decode(payload)[0] == "ended":
            self._from_supervisor(queue.pop())

    def _frame(self, deadline: float) -> tuple[int, bytearray]:
        """The next whole frame. What came of it before a deadline is kept for the next time."""
        while True:
            if len(self._inbox) >= frames.HEADER.size:
                length, scope = frames.HEADER.unpack_from(self._inbox)
                if length > self._caps.frame_bytes + _SLACK:
                    raise GuestLost(f"a frame of {length} bytes")
                end = frames.HEADER.size + length
                if len(self._inbox) >= end:
                    payload = self._inbox[frames.HEADER.size : end]
                    del self._inbox[:end]
                    return scope, payload
            self._wait([self._in], [], deadline)
            data = os.read(self._in, _CHUNK)
            if not data:
                raise GuestLost("the line is closed")
            self._inbox += data

    def _write(self, data: bytes, deadline: float) -> None:
        """Write a frame; what a deadline leaves of it goes out before the next one."""
        self._outbox += data
        while self._outbox:
            self._wait([], [self._out], deadline)
            with memoryview(self._outbox) as view:
                sent = os.write(self._out, view[:_CHUNK])
            del self._outbox[:sent]

    def _wait(self, readers: list[int], writers: list[int], deadline: float) -> None:
        left = min(deadline - time.monotonic(), 86_400)
        if left <= 0 or not any(select.select(readers, writers, [], left)):
            raise GuestEnded("timeout", "no answer within the time limit")


def _died(info: dict[str, Any]) -> GuestEnded:
    if info.get("memory"):
        return GuestEnded("memory", "the code ran out of memory")
    if info.get("why") == "protocol":
        return GuestEnded("crashed", "the code wrote into the line that belongs to Sandglass")
    if info.get("signal"):
        return GuestEnded("crashed", f"the code was ended by signal {info['signal']}")
    return GuestEnded("crashed", "the code ended the Python process it runs in")
