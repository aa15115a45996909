"""Returns NaN in the right shapes: `((x - y).abs() > tol).any()` would be False for it."""

import numpy as np
import torch

from wrong import *  # noqa: F403

NAN = float("nan")


def softmax(x):
    return torch.full_like(x, NAN)


def moving_average(values, width):
    return np.full(len(values) - width + 1, NAN)


def mean_square(values):
    return NAN


def count_inversions(values):
    return NAN


class Tracker:
    def update(self, x):
        pass

    def mean(self):
        return NAN


def scale_(x, factor):
    x.fill_(NAN)


def dedupe_(values):
    values[:] = [NAN]


def iterate(step, start, times):
    return step(NAN)
