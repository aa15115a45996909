"""Returns the right values in a shape that only broadcasting would forgive."""

import honest
import numpy as np
import torch

from wrong import *  # noqa: F403


def softmax(x):
    return honest.softmax(x).unsqueeze(0)


def moving_average(values, width):
    return honest.moving_average(values, width)[None, :]


def mean_square(values):
    return np.full((3,), honest.mean_square(values))


def count_inversions(values):
    return torch.full((2, 2), honest.count_inversions(values))


class Tracker(honest.Tracker):
    def mean(self):
        return torch.full((4,), super().mean())


def scale_(x, factor):
    x.data = (x * factor).unsqueeze(0)


def iterate(step, start, times):
    return np.full((2,), honest.iterate(step, start, times))
