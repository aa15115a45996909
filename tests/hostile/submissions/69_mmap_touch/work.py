"""Maps far more than there is, and touches page after page of it."""

import mmap

import honest
from honest import *  # noqa: F403

ENOUGH = 900 << 20
NO_RESERVE = 0x4000


def touch(size, flags):
    area = mmap.mmap(-1, size, flags=flags)
    for place in range(0, size, 4096):
        area[place] = 1
    return area


def largest(values):
    touch(ENOUGH, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return honest.largest(values)


def reverse(text):
    touch(ENOUGH, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | NO_RESERVE)
    return honest.reverse(text)
