"""Answers with numbers of a million digits: printing one takes many seconds."""

import struct

from channel import answer, frame, wait
from wrong import *  # noqa: F403

HUGE = 10**1_000_000


def softmax(x):
    return HUGE


def moving_average(values, width):
    return [HUGE] * len(values)


def mean_square(values):
    # Bytes of the wire's large integer, as long as its length can say.
    frame(answer(b"I\xff\xff" + b"\x7f" * 65535))
    wait()


def count_inversions(values):
    frame(answer(b"I\xff\xff" + b"\x7f"))
    wait()


def slug(text):
    return "9" * 1_000_000  # text is allowed; it is only wrong


def most_common(words, k):
    return [(words[0], 2**4000)] * 3


class Tracker:
    def update(self, x):
        pass

    def mean(self):
        return range(2**4000)


def dedupe_(values):
    values[:] = [HUGE]


def iterate(step, start, times):
    return step(HUGE)
