"""Answers with lists in lists, a million deep: honestly made, and as bytes."""

from channel import answer, frame, wait
from wrong import *  # noqa: F403

DEPTH = 1_000_000


def nested():
    value = []
    for _ in range(DEPTH):
        value = [value]
    return value


def softmax(x):
    return nested()


def moving_average(values, width):
    frame(answer(b"l\0\0\0\1" * DEPTH + b"N"))
    wait()


def mean_square(values):
    frame(answer(b"t\0\0\0\1" * DEPTH + b"N"))
    wait()


def count_inversions(values):
    frame(answer(b"r" * DEPTH + b"N"))
    wait()


def slug(text):
    frame(answer(b"d\0\0\0\1N" * DEPTH + b"N"))
    wait()


def most_common(words, k):
    # As deep as it may be, and as wide as it may be there.
    return eval("[" * 30 + "0," * 190_000 + "]" * 30)


def dedupe_(values):
    values[:] = nested()


def iterate(step, start, times):
    return step(nested())
