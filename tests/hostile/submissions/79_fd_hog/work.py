"""Right answers, with every descriptor taken; some are on their way in sockets nobody reads."""

import os
import socket

import honest
from honest import *  # noqa: F403


def take(make):
    held = []
    try:
        while True:
            held.append(make())
    except OSError:
        return held


def largest(values):
    take(lambda: os.open("/dev/null", os.O_RDONLY))
    return honest.largest(values)


def reverse(text):
    take(os.pipe)
    return honest.reverse(text)


def squares(x):
    one, other = socket.socketpair()
    one.setblocking(False)
    fds = take(lambda: os.open("/dev/zero", os.O_RDONLY))
    for _ in range(100):
        try:
            socket.send_fds(one, [b"x"], fds[:200])
        except OSError:
            break
    return honest.squares(x)
