"""Answers with .npy and .npz files of object arrays, which NumPy can load by unpickling."""

import io

import honest
import numpy as np
from channel import answer, frame, raw, wait
from wrong import *  # noqa: F403


class Bomb:
    def __reduce__(self):
        return eval, ("__import__('os').system('touch /tmp/sandglass-hostile-canary') or 0",)


def npy(value):
    file = io.BytesIO()
    np.save(file, np.array([value, Bomb()], dtype=object), allow_pickle=True)
    return file.getvalue()


def npz(value):
    file = io.BytesIO()
    np.savez(file, result=np.array([value, Bomb()], dtype=object))
    return file.getvalue()


def softmax(x):
    raw(npy(honest.softmax(x)))
    wait()


def moving_average(values, width):
    frame(npy(honest.moving_average(values, width)))
    wait()


def mean_square(values):
    frame(answer(npz(honest.mean_square(values))))
    wait()


def count_inversions(values):
    # The codec's own array tag, with a type code that would be "object" if there were one.
    frame(answer(b"a" + bytes((15, 1)) + (1).to_bytes(8, "big") + b"\0" * 8))
    wait()


def slug(text):
    return npy(honest.slug(text))


def most_common(words, k):
    return np.array([*honest.most_common(words, k), Bomb()], dtype=object)


class Tracker(honest.Tracker):
    def mean(self):
        return np.array([(1, "x")], dtype=[("a", "i4"), ("b", "O")])


def iterate(step, start, times):
    return step(np.array([Bomb()], dtype=object))
