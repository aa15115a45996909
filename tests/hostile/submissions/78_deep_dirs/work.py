"""Right answers; and folders that are hard to remove. The next check finds none of them."""

import os

import honest
from honest import *  # noqa: F403


def dig(folder, name, depth):
    os.chdir(folder)
    for _ in range(depth):
        os.mkdir(name)
        os.chdir(name)
    os.chdir("/")


def largest(values):
    dig("/tmp", "d", 300)
    return honest.largest(values)


def reverse(text):
    dig("/dev/shm", "n" * 255, 100)
    return honest.reverse(text)


def squares(x):
    assert os.listdir("/tmp") == [] == os.listdir("/dev/shm"), "something was left"
    return honest.squares(x)
