"""Wrong answers of the right types: whatever an attack gains, it does not gain by these."""

import numpy as np
import torch


def softmax(x):
    return torch.zeros_like(x)


def moving_average(values, width):
    return np.zeros(len(values) - width + 1)


def mean_square(values):
    return -1.0


def count_inversions(values):
    return -1


def slug(text):
    return ""


def most_common(words, k):
    return []


class Tracker:
    def update(self, x):
        pass

    def mean(self):
        return -1e9


def scale_(x, factor):
    pass


def dedupe_(values):
    values.append(-1)


def iterate(step, start, times):
    return -1e9
