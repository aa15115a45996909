"""Right answers; each call leaves daemons in sessions of their own, stopped ones and zombies."""

import ctypes
import functools
import os
import signal
import time

import honest


def daemon(stopped):
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    ctypes.CDLL(None).prctl(15, b"hostile-daemon", 0, 0, 0)  # the tests look for it
    if stopped:
        os.kill(os.getpid(), signal.SIGSTOP)
    time.sleep(120)
    os._exit(0)


def leaving(function):
    @functools.wraps(function)
    def left(*values):
        for stopped in (False, True):
            daemon(stopped)
        for _ in range(5):
            if os.fork() == 0:
                os._exit(0)  # nobody waits for it
        return function(*values)

    return left


daemon(False)
for name in ("largest", "reverse", "is_sorted", "squares", "apply"):
    globals()[name] = leaving(getattr(honest, name))
