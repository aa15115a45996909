"""Answers with booleans whose byte is neither 0 nor 1: true and false at once, to some libraries."""

import struct

from channel import answer, ask, frame, group, text, wait
from wrong import *  # noqa: F403

BOOL = 0


def tensor(shape, data):
    dims = b"".join(struct.pack(">Q", size) for size in shape)
    return b"G" + bytes((BOOL, len(shape), 0)) + struct.pack(">I", 0) + dims + data


def array(shape, data):
    dims = b"".join(struct.pack(">Q", size) for size in shape)
    return b"a" + bytes((BOOL, len(shape))) + dims + data


def scalar(data):
    return b"x" + bytes((BOOL,)) + data


def lie(value, changed=b"t\0\0\0\0"):
    frame(answer(value, changed))
    wait()


def softmax(x):
    lie(tensor(tuple(x.shape), b"\xff" * x.numel()))


def moving_average(values, width):
    size = len(values) - width + 1
    lie(array((size,), b"\1" * (size - 1) + b"\2"))


def mean_square(values):
    lie(scalar(b"\xff"))


def count_inversions(values):
    lie(group(b"l", [scalar(b"\1"), scalar(b"\x80")]))


def slug(text):
    lie(tensor((), b"\x02"))


def most_common(words, k):
    lie(b"d" + struct.pack(">I", 1) + text("x") + array((1,), b"\xfe"))


class Tracker:
    def update(self, x):
        pass

    def mean(self):
        lie(array((1, 1, 1), b"\x10"))


def scale_(x, factor):
    lie(b"N", changed=group(b"t", [tensor(tuple(x.shape), b"\xff" * x.numel())]))


def iterate(step, start, times):
    frame(ask("callback", scalar(b"\x03")))
    wait()
