"""Frames on a byte stream: `length u32 big-endian, scope u32 big-endian, payload`.

`length` counts the payload only. Scope 0 is the guest's supervisor, `CONTROL` the judge's own
line to whoever runs it; every other number is one guest process.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from runners.wire.errors import ChannelClosed, ProtocolError

HEADER = struct.Struct(">II")
SUPERVISOR = 0
CONTROL = 0xFFFF_FFFF
# Larger reads are allocated whole and shrunk to what came, which leaves holes in the memory of a
# flooded reader: 445 MB instead of 75.
_CHUNK = 64 * 1024


def pack(scope: int, payload: bytes | bytearray | memoryview) -> bytes:
    """One frame, ready to be written."""
    return b"".join((HEADER.pack(len(payload), scope), payload))


def read_frame(receive: Callable[[int], bytes], limit: int) -> tuple[int, bytearray]:
    """Read one frame and give `(scope, payload)`.

    `receive(n)` gives up to n bytes, and none at the end. Raises `ChannelClosed` at the end of the
    stream and `ProtocolError` for a length over `limit`, before anything is allocated.
    """
    length, scope = HEADER.unpack(read_exactly(receive, HEADER.size))
    if length > limit:
        raise ProtocolError(f"a frame of {length} bytes exceeds the limit of {limit}")
    return scope, read_exactly(receive, length)


def read_exactly(receive: Callable[[int], bytes], size: int) -> bytearray:
    """Read `size` bytes, growing with what really arrives rather than with what was announced."""
    buffer = bytearray()
    while len(buffer) < size:
        chunk = receive(min(size - len(buffer), _CHUNK))
        if not chunk:
            raise ChannelClosed("the stream ended")
        buffer += chunk
    return buffer
