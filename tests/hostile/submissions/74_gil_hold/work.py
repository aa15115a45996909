"""Loops that Python's own signals never interrupt."""

import itertools
import re

from honest import *  # noqa: F403


def largest(values):
    return sum(itertools.repeat(0))


def reverse(text):
    return re.match(r"(a|a|b?a)+$", "a" * 60 + "c")
