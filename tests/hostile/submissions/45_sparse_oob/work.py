"""Answers with sparse tensors that nobody has looked at: their indices point outside."""

import torch
from wrong import *  # noqa: F403


def coo(indices, shape):
    values = torch.ones(len(indices[0]))
    return torch.sparse_coo_tensor(indices, values, shape, check_invariants=False)


def compressed(rows, columns, shape):
    values = torch.ones(len(columns))
    return torch.sparse_csr_tensor(rows, columns, values, shape, check_invariants=False)


def softmax(x):
    return coo([[0, 10**9], [0, 10**9]], tuple(x.shape))


def moving_average(values, width):
    return coo([[-(10**9), 1]], (len(values) - width + 1,))


def mean_square(values):
    if len(values) == 20:
        return compressed([0, 1, 2], [10**9, -(10**9)], (2, 2))
    return compressed([0, 10**6, 2], [0, 1], (2, 2))


def count_inversions(values):
    return coo([[0], [0]], (10**9, 10**9))  # honest indices; 4 EB when dense


def slug(text):
    return torch.sparse_coo_tensor([[5]], [1.0], (2,), check_invariants=False)


def most_common(words, k):
    return [coo([[2**40], [0]], (3, 2))] * 3


class Tracker:
    def update(self, x):
        pass

    def mean(self):
        return coo([[2**62]], (1,))


def scale_(x, factor):
    x.data = coo([[10**8, 0], [0, 10**8]], tuple(x.shape))


def iterate(step, start, times):
    return step(coo([[10**9]], (1,)))
