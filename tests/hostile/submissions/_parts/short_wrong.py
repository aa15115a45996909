"""Wrong answers of the right types to the homework with short limits."""

import torch


def largest(values):
    return -(10**9)


def reverse(text):
    return ""


def is_sorted(values):
    return False


def squares(x):
    return torch.full_like(x, -1.0)


def apply(step, start, times):
    return -1e9
