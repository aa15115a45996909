"""Answers with references that nobody gave out: to objects, to functions of the judge, to names."""

import os

from channel import answer, ask, frame, group, integer, text, wait
from wrong import *  # noqa: F403


def reference(*items):
    return b"r" + group(b"t", items)


def data(value):
    return b"b" + len(value).to_bytes(8, "big") + value


def handle(key, kind="object", name="work.Thing"):
    return reference(text("handle"), data(key), text(kind), text(name))


def lie(value, changed=b"t\0\0\0\0"):
    frame(answer(value, changed))
    wait()


def softmax(x):
    if x.numel() == 2:  # well formed, and nothing is behind it
        lie(handle(os.urandom(16), "network:Softmax", "torch.Tensor"))
    lie(handle(b"\0" * 15))


def moving_average(values, width):
    lie(handle(os.urandom(16), "numpy.ndarray"))


def mean_square(values):
    if len(values) == 20:
        lie(reference(text("callback"), integer(0)))  # no check of this one gave a function
    lie(reference(text("callback"), integer(-1)))


def count_inversions(values):
    lie(reference(text("path"), text("builtins"), text("eval")))


def slug(words):
    if "\n" in words:
        lie(reference(text("handle"), data(os.urandom(16)), text("object"), integer(7)))
    lie(reference(text("__reduce__"), text("os.system"), text("true")))


def most_common(words, k):
    lie(group(b"l", [handle(os.urandom(16), "module"), reference(integer(1))]))


class Tracker:
    def update(self, x):
        pass

    def mean(self):
        # One forged answer, and then an honest one to the same question.
        frame(answer(handle(os.urandom(16), "class:__globals__", "float")))
        return 0.0


def scale_(x, factor):
    lie(b"N", changed=group(b"t", [handle(os.urandom(16))]))


def iterate(step, start, times):
    # Another function of the judge than the one that was given, called with data.
    frame(ask("callback", integer(step.number + 1)))
    wait()
