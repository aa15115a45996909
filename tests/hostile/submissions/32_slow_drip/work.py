"""Answers with one byte at a time, slowly, and never to the end."""

import struct
import time

from channel import answer, frame, raw
from honest import *  # noqa: F403


def count_inversions(values):
    data = answer(b"s" + struct.pack(">I", 1000) + b"x" * 1000)
    data = struct.pack(">I", len(data)) + b"D" + data
    for i in range(len(data)):
        raw(data[i : i + 1])
        time.sleep(0.2)


def most_common(words, k):
    # Announces 64 MiB and stops in the middle, without letting go of the line.
    raw(struct.pack(">I", 64 << 20) + b"D" + b"\0" * 100_000)
    time.sleep(60)
