"""Fills its scratch space: with data, with files that are larger than it, through a mapping."""

import mmap
import os

from honest import *  # noqa: F403

FOLDERS = ("/tmp", "/dev/shm", os.path.expanduser("~"))


def fill():
    for folder in FOLDERS:
        for number in range(1_000):
            try:
                with open(f"{folder}/hog{number}", "wb") as file:
                    file.write(bytes(1 << 20))
            except OSError as error:
                refused = error
                break
        else:
            return "a thousand megabytes"
    raise refused


def largest(values):
    return fill()


def reverse(text):
    with open("/tmp/hole", "wb") as file:
        file.truncate(1 << 40)
    return "a terabyte"


def squares(x):
    """Eight megabytes more than there are: holes are cheap until somebody writes there."""
    maps = []
    for number in range(200):
        file = open(f"/tmp/map{number}", "w+b")
        file.truncate(4 << 20)
        maps.append(mmap.mmap(file.fileno(), 4 << 20))
        for place in range(0, 4 << 20, 4096):
            maps[-1][place] = 1
    return x
