"""Right answers, each as late as a bit of its input: no hidden check's time may be shown."""

import functools
import time
import zlib

import honest


def slow(function):
    @functools.wraps(function)
    def late(*values):
        if zlib.crc32(repr(values).encode()) & 1:
            time.sleep(0.4)
        return function(*values)

    return late


for name in ("largest", "reverse", "is_sorted", "squares", "apply"):
    globals()[name] = slow(getattr(honest, name))
