"""Stops itself, and before that whoever else lets it."""

import os
import signal

from honest import *  # noqa: F403


def largest(values):
    for _ in range(3):
        if os.fork() == 0:
            os.kill(os.getpid(), signal.SIGSTOP)
    os.killpg(0, signal.SIGSTOP)
    os.kill(os.getpid(), signal.SIGSTOP)
