"""Fills files that lie in memory alone. The limit is 512 MiB; who gets 900 answers right."""

import os

import honest
from honest import *  # noqa: F403

ENOUGH = 900 << 20
PIECE = 1 << 20


def largest(values):
    files, held = [], 0
    while held < ENOUGH:
        files.append(os.memfd_create("hog"))
        for _ in range(8):
            held += os.write(files[-1], bytes(PIECE))
    return honest.largest(values)
