"""Answers with dicts and sets whose keys all have one hash: building them takes quadratic time."""

import struct

from channel import answer, frame, group, wait
from wrong import *  # noqa: F403

MODULUS = 2**61 - 1


def colliding(k):
    """The wire's bytes of an integer with the hash 0."""
    data = (k * MODULUS).to_bytes(16, "big")
    return b"I" + struct.pack(">H", len(data)) + data


def softmax(x):
    frame(answer(group(b"e", [colliding(k) for k in range(50_000)])))
    wait()


def moving_average(values, width):
    keys = [colliding(k) + b"N" for k in range(50_000)]
    frame(answer(group(b"d", keys)))
    wait()


def mean_square(values):
    # The largest set that may pass, as often as it may.
    one = group(b"e", [colliding(k) for k in range(4_900)])
    frame(answer(group(b"l", [one] * 39)))
    wait()


def count_inversions(values):
    # The same by tuples, whose hashes are computed again each time.
    pair = [b"t\0\0\0\2" + b"N" + colliding(k) for k in range(4_900)]
    frame(answer(group(b"l", [group(b"z", pair)] * 12)))
    wait()


def slug(text):
    return {k * MODULUS for k in range(2_000)}


def most_common(words, k):
    return {i * MODULUS: i for i in range(2_000)}


def dedupe_(values):
    values[:] = [{k * MODULUS for k in range(2_000)}]
