"""Takes all of the GPU's memory, and lets go of none of it."""

import torch


def double(x):
    held = []
    while True:
        held.append(torch.ones(1 << 28, device=x.device))


def halve(x):
    return x / 2
