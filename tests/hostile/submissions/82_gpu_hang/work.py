"""Starts work on the GPU that takes hours, and waits for it."""

import torch


def double(x):
    for _ in range(1_000):
        torch.cuda._sleep(1 << 40)
    torch.cuda.synchronize()
    return x * 2


def halve(x):
    return x / 2
