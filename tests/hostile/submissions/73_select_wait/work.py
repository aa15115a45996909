"""Waits in the kernel, with every signal blocked."""

import os
import select
import signal

from honest import *  # noqa: F403


def block():
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))


def largest(values):
    block()
    while True:
        select.select([os.pipe()[0]], [], [])


def squares(x):
    block()
    if os.fork() == 0:
        signal.sigwait(set())
    os.wait()
