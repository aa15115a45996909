"""Two bits of each input: passed, failed, crashed or out of memory. No check tells more, and the
next run draws other inputs."""

import functools
import os
import zlib

import honest


def choose(function):
    @functools.wraps(function)
    def chosen(*values):
        bits = zlib.crc32(repr(values).encode()) & 3
        if bits == 1:
            raise ValueError(repr(values))
        if bits == 2:
            os._exit(1)
        if bits == 3:
            raise MemoryError(repr(values))
        return function(*values)

    return chosen


class Tracker(honest.Tracker):
    update = choose(honest.Tracker.update)


for name in (
    "softmax moving_average mean_square count_inversions slug most_common scale_ dedupe_ iterate"
).split():
    globals()[name] = choose(getattr(honest, name))
