"""Keeps the head and the tail of what a process prints, however much it is."""

from __future__ import annotations


class Capture:
    """Collects bytes; holds at most `limit` of them."""

    def __init__(self, limit: int) -> None:
        self._half = limit // 2
        self._head = bytearray()
        self._tail = bytearray()
        self._dropped = 0

    def add(self, data: bytes) -> None:
        """Take note of some output."""
        room = self._half - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        self._tail += data
        extra = len(self._tail) - self._half
        if extra > 0:
            self._dropped += extra
            del self._tail[:extra]

    def text(self) -> str:
        """What was kept, as text; says how much is missing."""
        gap = f"\n… {self._dropped:,} bytes left out …\n".encode() if self._dropped else b""
        return bytes(self._head + gap + self._tail).decode("utf-8", "replace")
