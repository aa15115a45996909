"""Changes its arguments as the task asks, by every road, and others on the way."""

import numpy as np
import torch

from honest import *  # noqa: F403


def softmax(x):
    x -= x.max(dim=1, keepdim=True).values  # the caller's tensor, which nobody promised to keep
    torch.exp_(x)
    x /= x.sum(dim=1, keepdim=True)
    return x


def moving_average(values, width):
    values[:] = np.cumsum(values)
    values[width:] -= values[:-width].copy()
    return values[width - 1 :] / width


def mean_square(values):
    values.sort()
    values[:] = [value * value for value in values]
    total = 0.0
    count = len(values)
    while values:
        total += values.pop()
    return total / count


def scale_(x, factor):
    rows = x.numpy()  # shares its memory with the tensor
    rows[0] *= factor
    x[1:].view(-1).mul_(factor)


def dedupe_(values):
    i = 0
    while i < len(values):
        if values[i] in values[:i]:
            del values[i]
        else:
            i += 1
