"""Answers with tensors and arrays whose dimensions are negative, were they signed."""

import struct

from channel import answer, ask, frame, group, wait
from wrong import *  # noqa: F403

FLOAT32, INT64 = 7, 5


def header(kind, shape, data=b"", code=FLOAT32):
    extra = b"\0" + struct.pack(">I", 0) if kind == b"G" else b""
    dims = b"".join(struct.pack(">q", size) for size in shape)
    return kind + bytes((code, len(shape))) + extra + dims + data


def lie(value, changed=b"t\0\0\0\0"):
    frame(answer(value, changed))
    wait()


def softmax(x):
    if x.numel() == 2:
        lie(header(b"G", (-1, -2), b"\0" * 8))  # two elements, if minus times minus is plus
    lie(header(b"G", (-5, 7), b"\0" * 140))


def moving_average(values, width):
    lie(header(b"a", (-1,), b"\0" * 140))


def mean_square(values):
    if len(values) == 20:
        lie(header(b"G", (-(2**63),)))
    lie(header(b"a", (0, -1)))


def count_inversions(values):
    lie(group(b"l", [header(b"a", (-1, -1), b"\0" * 8, code=INT64)] * 3))


def slug(text):
    if "\n" in text:
        lie(header(b"a", (-(2**31), -(2**33))))  # 2^64 elements: 0 in 64 bits
    lie(header(b"G", (1, 1, 1, -1), b"\0" * 4))


def most_common(words, k):
    lie(group(b"t", [header(b"G", (-(2**62), -4))] * 3))


class Tracker:
    def update(self, x):
        lie(b"N", changed=group(b"t", [header(b"G", (-1,))]))

    def mean(self):
        return 0.0


def scale_(x, factor):
    lie(b"N", changed=group(b"t", [header(b"G", (-6, -3), b"\0" * 72)]))


def iterate(step, start, times):
    frame(ask("callback", header(b"G", (-1,))))
    wait()
