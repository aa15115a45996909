"""Takes more memory than there is, in four ways that homework knows too."""

import numpy as np
import torch

from honest import *  # noqa: F403


def largest(values):
    held = []
    while True:
        held.append(bytearray(4 << 20))
        held[-1][:: 4096] = b"x" * (4 << 8)


def reverse(text):
    while True:
        text = text + text


def is_sorted(values):
    return np.ones(10**9).sum() == 0


def squares(x):
    return torch.ones(10**9)[:24].reshape(4, 6)
