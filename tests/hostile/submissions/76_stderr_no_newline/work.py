"""One line of megabytes, of bytes that are no text and of commands for a terminal."""

import os

import honest
from honest import *  # noqa: F403

PIECE = (b"\xff\xfe\0\x1b[2J\x1b]0;title\x07\xc3(\xed\xa0\x80" + b"\x9b31m\r\x08") * 2_000


def largest(values):
    for _ in range(100):
        os.write(2, PIECE)
    return honest.largest(values)


def reverse(text):
    os.write(2, b"\xff" * 1_000_000)
    os.close(2)
    os.close(1)
    return honest.reverse(text)
