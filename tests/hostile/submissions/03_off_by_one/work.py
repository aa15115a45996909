"""Everything is there, and three loops end one step too early."""

from honest import *  # noqa: F403


def moving_average(values, width):
    import numpy as np

    return np.array([values[i : i + width].mean() for i in range(len(values) - width)])


def count_inversions(values):
    return sum(
        values[i] > values[j] for i in range(len(values) - 1) for j in range(i + 1, len(values) - 1)
    )


def iterate(step, start, times):
    for _ in range(times - 1):
        start = step(start)
    return start
