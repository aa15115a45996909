"""Half of the homework; the rest is still the handout."""

import numpy as np
import torch


def softmax(x):
    return torch.softmax(x, 1)


def moving_average(values, width):
    return np.lib.stride_tricks.sliding_window_view(values, width).mean(axis=1)


def mean_square(values):
    raise NotImplementedError


def count_inversions(values):
    inversions = 0
    for i in range(len(values)):
        for j in range(i):
            inversions += values[j] > values[i]
    return inversions


def slug(text):
    return "-".join(text.lower().split())


def most_common(words, k):
    raise NotImplementedError


class Tracker:
    def __init__(self):
        raise NotImplementedError


def scale_(x, factor):
    raise NotImplementedError


def dedupe_(values):
    raise NotImplementedError


def iterate(step, start, times):
    raise NotImplementedError
