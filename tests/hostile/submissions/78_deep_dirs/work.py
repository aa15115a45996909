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
    dig("/tmp", "d", 3_000)
    return honest.largest(values)


def reverse(text):
    dig("/dev/shm", "n" * 255, 500)
    return honest.reverse(text)


def is_sorted(values):
    """A folder that its owner may neither enter nor read, and a loop of links."""
    os.makedirs("/tmp/closed/inner/innermost", exist_ok=True)
    open("/tmp/closed/inner/file", "w").close()
    os.symlink("/tmp", f"/tmp/closed/inner/{len(values)}")
    if values[-1] < 0:
        os.chmod("/tmp/closed/inner", 0)
        os.chmod("/tmp/closed", 0)
    return honest.is_sorted(values)


def squares(x):
    assert os.listdir("/tmp") == [] == os.listdir("/dev/shm"), "something was left"
    return honest.squares(x)
