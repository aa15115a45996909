"""Answers with tensors and arrays whose headers lie: sizes that overflow, wrap around or miss."""

import struct

import torch
from channel import answer, frame, wait
from wrong import *  # noqa: F403

FLOAT32, BOOL, BFLOAT16 = 7, 0, 11


def tensor(shape, data=b"", code=FLOAT32, flags=0, number=0):
    dims = b"".join(struct.pack(">Q", size) for size in shape)
    return b"G" + bytes((code, len(shape), flags)) + struct.pack(">I", number) + dims + data


def array(shape, data=b"", code=FLOAT32):
    dims = b"".join(struct.pack(">Q", size) for size in shape)
    return b"a" + bytes((code, len(shape))) + dims + data


def lie(header):
    frame(answer(header))
    wait()


def softmax(x):
    if x.numel() == 2:
        lie(tensor((2**32, 2**32), b"\0" * 8))  # 2^64 elements: 0 in 64 bits
    lie(tensor((2**62, 4), b"\0" * 140))


def moving_average(values, width):
    lie(array((2**31, 0, 2**31, 2**31)))  # no elements, and dimensions that no array has


def mean_square(values):
    if len(values) == 20:
        lie(tensor((2**64 - 1,), b"\0" * 4))  # minus one, if it were signed
    lie(tensor((1,) * 255, b"\0" * 4))


def count_inversions(values):
    lie(tensor((4,), b"\xff" * 4, code=BOOL))


def slug(text):
    if "\n" in text:
        lie(tensor((2,), b"\0" * 7))  # one byte is missing
    lie(tensor((1,), b"\0" * 4, flags=1, number=2**32 - 1))


def most_common(words, k):
    lie(array((1,), b"\0" * 2, code=BFLOAT16))


class Tracker:
    def update(self, x):
        pass

    def mean(self):
        return torch.zeros(1).expand(10**12)  # four bytes that claim to be 4 TB


def scale_(x, factor):
    x.data = torch.zeros(1).expand(10**10)


def iterate(step, start, times):
    return step(torch.zeros(1).expand(10**12))
