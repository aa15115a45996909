"""What a sandbox wrote to its standard error: the beginning and the end, however much there was."""

from __future__ import annotations

import threading
from collections.abc import Callable

HALF_BYTES = 32 * 1024
_CHUNK = 64 * 1024


class HeadAndTail:
    """Keeps the first and the last `HALF_BYTES` of what it is fed. Any thread may feed or read."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self._left_out = 0
        self._lock = threading.Lock()

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        with self._lock:
            room = HALF_BYTES - len(self._head)
            self._head += data[:room]
            self._tail += data[room:] if room > 0 else data
            surplus = len(self._tail) - HALF_BYTES
            if surplus > 0:
                del self._tail[:surplus]
                self._left_out += surplus

    def text(self) -> str:
        """What was kept, with a line that says how much was not."""
        with self._lock:
            gap = f"\n... {self._left_out} bytes left out ...\n" if self._left_out else ""
            head = self._head.decode(errors="replace")
            return head + gap + self._tail.decode(errors="replace")


class StderrDrain:
    """A thread that empties a stream for as long as it lasts, so that its writer never blocks."""

    def __init__(
        self, read: Callable[[int], bytes], name: str, on_end: Callable[[], None] = lambda: None
    ) -> None:
        self._kept = HeadAndTail()
        self._read = read
        self._on_end = on_end
        self._thread = threading.Thread(target=self._run, name=f"stderr of {name}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            while data := self._read(_CHUNK):
                self._kept.feed(data)
        except OSError:
            pass  # the other end was closed under us: the end all the same
        self._on_end()

    def finish(self, timeout: float) -> str:
        """Wait for the end of the stream, not longer than `timeout`; returns what was kept."""
        self._thread.join(timeout)
        return self._kept.text()
