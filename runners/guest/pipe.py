"""The socket between the supervisor and one guest process: `length u32, kind u8, payload`."""

from __future__ import annotations

import socket
import struct

from runners.wire.errors import ChannelClosed

HEADER = struct.Struct(">IB")
DATA = ord("D")
"""Judge and guest process speak."""
FORK = ord("F")
"""To the process: fork. With it come the child's socket and output pipe; the payload is a seed."""
FORKED = ord("P")
"""From the process: the child's pid as u32; 0 when it will not fork now."""
REAP = ord("W")
"""To the process: wait for this child (pid as u32)."""
REAPED = ord("X")
"""From the process: pid and wait status, each u32."""
U32 = struct.Struct(">I")
PAIR = struct.Struct(">II")


def send(sock: socket.socket, kind: int, payload: bytes) -> None:
    """Write one frame; blocks."""
    sock.sendall(HEADER.pack(len(payload), kind) + payload)


def receive(sock: socket.socket) -> tuple[int, bytearray, list[int]]:
    """Read one frame and the file descriptors that came with it; blocks."""
    header, fds = bytearray(), []
    while len(header) < HEADER.size:
        data, some, _, _ = socket.recv_fds(sock, HEADER.size - len(header), 2)
        if not data:
            raise ChannelClosed("the supervisor is gone")
        header += data
        fds += some
    length, kind = HEADER.unpack(header)
    payload = bytearray(length)
    view = memoryview(payload)
    filled = 0
    while filled < length:
        count = sock.recv_into(view[filled:])
        if not count:
            raise ChannelClosed("the supervisor is gone")
        filled += count
    return kind, payload, fds
