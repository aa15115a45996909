"""What a good student hands in."""

import numpy as np
import torch


def softmax(x):
    powers = torch.exp(x - x.max(dim=1, keepdim=True).values)
    return powers / powers.sum(dim=1, keepdim=True)


def moving_average(values, width):
    return np.convolve(values, np.ones(width) / width, mode="valid")


def mean_square(values):
    return sum(value**2 for value in values) / len(values)


def count_inversions(values):
    return sum(left > right for i, left in enumerate(values) for right in values[i + 1 :])


def slug(text):
    return "-".join(text.lower().split())


def most_common(words, k):
    counts = {word: words.count(word) for word in words}
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:k]


class Tracker:
    def __init__(self):
        self.total = 0.0
        self.count = 0

    def update(self, x):
        self.total += float(x.sum(dtype=torch.float64))
        self.count += x.numel()

    def mean(self):
        return self.total / self.count


def scale_(x, factor):
    x.mul_(factor)


def dedupe_(values):
    values[:] = dict.fromkeys(values)


def iterate(step, start, times):
    for _ in range(times):
        start = step(start)
    return start
