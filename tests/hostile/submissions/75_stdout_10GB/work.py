"""Prints gigabytes; none of it may be kept, and a check that only prints much is right."""

import os

import honest
from honest import *  # noqa: F403


def largest(values):
    while True:
        os.write(1, b"all work and no play\n" * 3_000)


def reverse(text):
    for _ in range(100):
        print("x" * 100_000)
    return honest.reverse(text)
