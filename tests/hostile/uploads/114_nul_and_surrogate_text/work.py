"""Answers, prints and raises what no database takes and what a terminal would obey."""

import contextlib
import os
import sys

from honest import *

TEXT = "\x00\ud800\x1b[2J\u202e" + "x" * 1_000_000


def say():
    with contextlib.suppress(UnicodeError):
        print(TEXT)
    print(TEXT.replace("\ud800", ""))
    sys.stdout.flush()
    os.write(1, b"\xff\xfe\x00\x1b]0;title\x07" + b"y" * 100_000)
    os.write(2, b"\xff\xfe\x00\x1b]0;title\x07" + b"y" * 100_000)


say()


def softmax(x):
    say()
    raise ValueError(TEXT)


def slug(text):
    say()
    return TEXT


def most_common(words, k):
    say()
    return [(TEXT, 1)] * k


def mean_square(values):
    raise type("\x1b[2J\ud800", (Exception,), {})("\x00")
