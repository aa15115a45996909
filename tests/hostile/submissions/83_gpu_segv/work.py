"""Breaks the GPU's context by an index that is none, and then its own process."""

import ctypes

import torch


def double(x):
    try:
        print(x[torch.full((9,), 1 << 40, device=x.device)])
        torch.cuda.synchronize()
    except RuntimeError as error:
        print(error)
    ctypes.string_at(0)


def halve(x):
    return x / 2
