"""Announces far more bytes than it sends: in the frame, in strings, lists and tensors."""

from channel import answer, frame, raw, wait
from honest import *  # noqa: F403


def softmax(x):
    raw(b"\xff\xff\xff\xffD" + b"\0" * 1000)
    wait()


def moving_average(values, width):
    frame(answer(b"b" + b"\x7f" + b"\xff" * 7))
    wait()


def mean_square(values):
    frame(answer(b"s\xff\xff\xff\xff"))
    wait()


def count_inversions(values):
    frame(answer(b"l\xff\xff\xff\xff" + b"N" * 1000))
    wait()


def slug(text):
    frame(answer(b"d\xff\xff\xff\xff"))
    wait()


def most_common(words, k):
    frame(answer(b"G\x07\x01\0\0\0\0\0" + (2**31).to_bytes(8, "big") + b"\0" * 64))
    wait()
