"""Answers with views that claim far more elements than there is memory in the world."""

import numpy as np
import torch
from numpy.lib.stride_tricks import as_strided
from wrong import *  # noqa: F403

ONE = torch.ones(1)


def softmax(x):
    if x.numel() == 2:
        return ONE.expand(10**12)
    return ONE.as_strided((10**6, 10**6), (0, 0))


def moving_average(values, width):
    return np.broadcast_to(values[:1], (10**6, 10**6))


def mean_square(values):
    if len(values) == 20:
        return ONE.to(torch.complex64).expand(10**11).conj()
    return as_strided(np.ones(1), (10**12,), (0,))


def count_inversions(values):
    return [ONE.expand(2**20)] * 100_000  # each may cross; all of them may not


def slug(text):
    return {str(number): ONE.expand(2**22) for number in range(1000)}


def most_common(words, k):
    return [(word, np.broadcast_to(np.int64(1), (2**40,))) for word in words]


class Tracker:
    def update(self, x):
        pass

    def mean(self):
        return ONE.bool().expand(2**31, 2**31)


def scale_(x, factor):
    x.data = ONE.expand(10**12)


def iterate(step, start, times):
    return step(ONE.expand(10**12))
