"""Sends what nobody asked for: second answers, questions, answers of the supervisor's kind."""

import struct

from channel import FORKED, REAPED, answer, ask, frame, integer, raw, text, wait
from honest import *  # noqa: F403
from honest import count_inversions as right_count
from honest import dedupe_ as right_dedupe
from honest import mean_square as right_square
from honest import slug as right_slug


def softmax(x):
    frame(b"".join([b"t\0\0\0\4", text("answer"), integer(1), text("ok"), b"t\0\0\0\0", b"T"]))
    wait()


def moving_average(values, width):
    frame(struct.pack(">I", 1), FORKED)  # "the process that you asked me to fork is number 1"
    wait()


def mean_square(values):
    frame(struct.pack(">II", 1, 0), REAPED)
    frame(struct.pack(">I", 1), b"Q")  # a kind that does not exist
    return right_square(values)


def count_inversions(values):
    # Right, twice: the second is for a question that was never asked.
    data = answer(integer(right_count(values)))
    raw((struct.pack(">I", len(data)) + b"D" + data) * 2)
    wait()


def slug(value):
    frame(ask("eval", text("__import__('os').system('touch /tmp/sandglass-hostile-canary')")))
    return right_slug(value)


def most_common(words, k):
    frame(ask("loading", text("work.py"), text("not a number")))
    wait()


class Tracker:
    def update(self, x):
        pass

    def mean(self):
        # Objects that were never given out, and one of the judge's own.
        handle = [text("handle"), b"b" + struct.pack(">Q", 16) + b"\0" * 16, text("type"), text("x")]
        frame(answer(b"r" + b"t\0\0\0\4" + b"".join(handle)))
        wait()


def dedupe_(values):
    right_dedupe(values)
    # "Your argument number 99 has changed."
    frame(answer(b"N", changed=b"t\0\0\0\1" + integer(99)) + b"N")
    wait()


def iterate(step, start, times):
    frame(ask("callback", integer(2**40)))
    wait()
