"""Answers with tensors that have no plain values; one right answer is a lazy view, and may pass."""

import honest
import torch
from wrong import *  # noqa: F403


def softmax(x):
    if x.numel() == 2:
        return torch.empty(1, 2, device="meta")
    # The imaginary part of a conjugate is negated only when somebody reads it.
    return torch.complex(torch.zeros_like(x), -honest.softmax(x)).conj().imag


def moving_average(values, width):
    return torch.empty(len(values) - width + 1, device="meta", dtype=torch.float64)


def mean_square(values):
    if len(values) == 20:
        return torch.quantize_per_tensor(torch.ones(()), 0.1, 0, torch.qint8)
    return torch.empty((), device="meta")


def count_inversions(values):
    return torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])


def slug(text):
    return torch.zeros(3).to(torch.float8_e5m2)


def most_common(words, k):
    return [torch.empty(10**6, 10**6, device="meta")] * 3


class Tracker:
    def update(self, x):
        pass

    def mean(self):
        return torch.nn.Parameter(torch.empty(1, device="meta"))


def scale_(x, factor):
    x.data = torch.empty_like(x, device="meta")


def iterate(step, start, times):
    return step(torch.empty((), device="meta"))
