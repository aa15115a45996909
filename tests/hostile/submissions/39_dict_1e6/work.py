"""Answers with a million entries: honestly made, and as bytes."""

from channel import answer, frame, group, integer, text, wait
from wrong import *  # noqa: F403

MANY = 1_000_000


def softmax(x):
    return dict.fromkeys(range(MANY))


def moving_average(values, width):
    return [0.0] * MANY


def mean_square(values):
    frame(answer(group(b"d", [integer(k) + b"N" for k in range(MANY)])))
    wait()


def count_inversions(values):
    frame(answer(group(b"l", [b"N"] * MANY)))
    wait()


def slug(value):
    return " ".join(map(str, range(100_000)))


def most_common(words, k):
    return [("ant", 1)] * MANY


class Tracker:
    def update(self, x):
        pass

    def mean(self):
        return {str(k) for k in range(MANY)}


def dedupe_(values):
    values[:] = range(MANY)


def iterate(step, start, times):
    return step([0] * MANY)
