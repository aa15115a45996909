"""Answers the supervisor's request to fork with numbers that are no process of its own."""

import os

from honest import *  # noqa: F403

honest_fork = os.fork
forged = iter([0xFFFFFFFF, 1, 2, 0, 0x7FFFFFFF] * 100)


def fork():
    """A real child, and a lie about its number."""
    return honest_fork() and next(forged)


os.fork = fork
