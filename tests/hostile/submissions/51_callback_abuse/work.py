"""Calls the judge's function as often as it can; one check forbids, and all others go on."""

from honest import *  # noqa: F403


def apply(step, start, times):
    for _ in range(1_000_000):
        start = step(start)
    return start
