"""The line between this process and its supervisor, as an attacker finds and uses it.

Frames on it are `length u32, kind u8, payload`; a payload of kind "D" goes to the judge, which
expects `("answer", id, "ok", changed)`, the changed arguments and then the result.
"""

import os
import stat
import struct
import sys
import time

DATA, FORKED, REAPED = b"D", b"P", b"X"


def lines():
    """Every socket that this process holds."""
    found = []
    for fd in range(3, 256):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                found.append(fd)
        except OSError:
            pass
    return found


def raw(data, fd=None):
    """Write bytes as they are, all of them."""
    view = memoryview(data)
    fd = lines()[-1] if fd is None else fd
    while view:
        view = view[os.write(fd, view) :]


def frame(payload, kind=DATA):
    """Write one frame."""
    raw(struct.pack(">I", len(payload)) + kind + payload)


def question():
    """The random number that the answer must repeat: it lies in a frame below us."""
    caller = sys._getframe()
    while caller is not None:
        if caller.f_code.co_name == "_perform":
            return caller.f_locals["number"]
        caller = caller.f_back
    return 0


def integer(value):
    return b"i" + struct.pack(">q", value)


def text(value):
    data = value.encode() if isinstance(value, str) else value
    return b"s" + struct.pack(">I", len(data)) + data


def group(tag, items):
    return tag + struct.pack(">I", len(items)) + b"".join(items)


def answer(result, changed=b"t\0\0\0\0"):
    """An answer to the question that is being asked, around bytes of ours."""
    return b"t\0\0\0\4" + text("answer") + integer(question()) + text("ok") + changed + result


def ask(operation, *extra):
    """A question of ours to the judge."""
    items = [text("ask"), integer(7), text(operation)]
    items += [group(b"t", [*extra, b"T"]), b"t\0\0\0\0"]
    return group(b"t", items) + integer(0)


def wait():
    """Say nothing more; what was sent must do."""
    time.sleep(60)
