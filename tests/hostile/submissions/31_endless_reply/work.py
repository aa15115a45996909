"""Answers without end: one frame after another, large ones and small ones."""

import struct
import threading

from channel import answer, frame, lines, raw
from honest import *  # noqa: F403
from honest import slug as right_slug


def count_inversions(values):
    # Zeros in frames of the largest size that is allowed.
    piece = b"\0" * (1 << 20)
    while True:
        raw(struct.pack(">I", 64 << 20) + b"D")
        for _ in range(64):
            raw(piece)


def most_common(words, k):
    # A wrong answer in good form, a million times.
    data = answer(b"l\0\0\0\0")
    data = struct.pack(">I", len(data)) + b"D" + data
    data *= 1000
    while True:
        raw(data)


def iterate(step, start, times):
    # Large frames that are good plain data: bytes, never to be used.
    piece = b"b" + struct.pack(">Q", 16 << 20) + b"\1" * (16 << 20)
    while True:
        frame(answer(piece))
