"""Correct answers in the types that libraries happen to give."""

from collections import Counter, deque

import numpy as np
import torch


def softmax(x):
    # A view that is not contiguous and needs a gradient.
    x = x.clone().requires_grad_(True)
    return torch.softmax(x.t(), dim=0).t()


def moving_average(values, width):
    # A slice with a negative step of a larger array.
    sums = np.cumsum(np.concatenate([[0.0], values]))
    return ((sums[width:] - sums[:-width]) / width)[::-1].copy()[::-1]


def mean_square(values):
    if len(values) % 20:
        return torch.tensor(values, dtype=torch.float64).square().mean().item()
    return np.mean(np.square(values))  # a np.float64


def count_inversions(values):
    order = np.array(values)
    return np.triu(order[:, None] > order[None, :], k=1).sum()  # a np.int64


def slug(text):
    return "-".join(text.lower().split())


def most_common(words, k):
    # A tuple of lists where the text says list of tuples.
    pairs = sorted(Counter(words).items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple([word, np.int64(count)] for word, count in pairs[:k])


class Tracker:
    def __init__(self):
        self.values = deque()

    def update(self, x):
        self.values.append((x.double().sum(), torch.tensor(x.numel())))

    def mean(self):
        # A tensor without dimensions.
        return sum(total for total, _ in self.values) / sum(count for _, count in self.values)


def scale_(x, factor):
    x *= factor
    return x


def dedupe_(values):
    values[:] = list(dict.fromkeys(values))
    return values


def iterate(step, start, times):
    # Calls back with a np.float64.
    value = np.float64(start)
    for _ in range(times):
        value = np.float64(step(value))
    return value
