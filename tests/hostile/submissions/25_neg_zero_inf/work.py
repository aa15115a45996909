"""Returns infinities, negative zeros and the smallest numbers there are."""

import numpy as np
import torch

from wrong import *  # noqa: F403


def softmax(x):
    return torch.full_like(x, float("inf"))


def moving_average(values, width):
    return np.full(len(values) - width + 1, -np.inf)


def mean_square(values):
    return float("inf") if len(values) == 20 else -0.0


def count_inversions(values):
    return -0.0


class Tracker:
    def update(self, x):
        pass

    def mean(self):
        return float("-inf")


def scale_(x, factor):
    x.fill_(-0.0)


def dedupe_(values):
    values[:] = [-0.0]


def iterate(step, start, times):
    return step(float("inf"))
