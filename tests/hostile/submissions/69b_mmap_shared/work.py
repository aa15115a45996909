"""Maps memory that is no process's own, and touches page after page of it."""

import mmap

import honest
from honest import *  # noqa: F403

ENOUGH = 900 << 20


def largest(values):
    area = mmap.mmap(-1, ENOUGH, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)
    for place in range(0, ENOUGH, 4096):
        area[place] = 1
    return honest.largest(values)
