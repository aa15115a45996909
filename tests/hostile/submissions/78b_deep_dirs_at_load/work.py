"""Digs while it is loaded: what is there then is what every check begins with."""

import os

from honest import *  # noqa: F403
from honest import largest as right_largest


def dig(folder):
    os.chdir(folder)
    for _ in range(3_000):
        os.mkdir("d")
        os.chdir("d")
    open("found", "w").close()
    os.chdir("/")


dig("/tmp")


def largest(values):
    dig("/dev/shm")
    return right_largest(values)
