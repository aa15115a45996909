"""Nearly right answers, so large that it takes minutes to tell what is wrong with them."""

import torch


def largest(values):
    return [max(values) + number for number in range(100_000)]


def reverse(text):
    lines = text[::-1].split("\n")
    return "\n".join(line[:-1] + "z" for line in lines)


def is_sorted(values):
    return ["x" * 60 for _ in range(1_000)] if values[-1] < 0 else "x" * 500_000


def squares(x):
    return (x * x).expand(100_000, *x.shape) + 1e-3


def apply(step, start, times):
    value = 1.0
    for depth in range(25):
        value = {f"key {number}": value if number == 0 else number for number in range(1_000)}
    return value
