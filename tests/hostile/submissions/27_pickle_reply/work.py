"""Answers with pickles of the right results that also leave a file: someone may unpickle them."""

import marshal
import os
import pickle
import types

import honest
from channel import DATA, answer, frame, raw, text, wait
from wrong import *  # noqa: F403

TRACE = "/tmp/sandglass-hostile-canary"


class Bomb:
    """Unpickles to the right answer, by way of a shell."""

    def __init__(self, result):
        self.result = result

    def __reduce__(self):
        code = f"(__import__('os').system('touch {TRACE}'), {self.result!r})[1]"
        return eval, (code,)


def softmax(x):
    raw(pickle.dumps(honest.softmax(x)))  # no frame around it
    wait()


def moving_average(values, width):
    frame(pickle.dumps(honest.moving_average(values, width)))
    wait()


def mean_square(values):
    frame(answer(pickle.dumps(Bomb(honest.mean_square(values)))))
    wait()


def count_inversions(values):
    result = honest.count_inversions(values)
    frame(answer(b"b" + len(pickle.dumps(Bomb(result))).to_bytes(8, "big") + pickle.dumps(Bomb(result))))
    wait()


def slug(value):
    return pickle.dumps(Bomb(honest.slug(value)))


def most_common(words, k):
    return Bomb(honest.most_common(words, k))


class Tracker(honest.Tracker):
    def mean(self):
        code = compile("1", "<answer>", "eval")
        frame(answer(b"r" + marshal.dumps(code)))
        wait()


def dedupe_(values):
    values[:] = [types.FunctionType(compile("1", "", "eval"), {}), Bomb(values)]


def iterate(step, start, times):
    # An exception that would be unpickled, as multiprocessing does.
    error = RuntimeError(Bomb(0))
    error.__reduce__ = Bomb(0).__reduce__
    raise error
