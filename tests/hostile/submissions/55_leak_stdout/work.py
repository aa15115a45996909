"""Right answers; and every input goes to every stream, in the open and encoded."""

import base64
import functools
import logging
import os
import sys
import warnings

import honest

MARK = "HOSTILE-LEAK"


def tell(value):
    text = repr(value)[:400]
    for said in (text, base64.b64encode(text.encode()).decode(), text.encode().hex()):
        said = f"{MARK} {said}"
        print(said, flush=True)
        print(said, file=sys.stderr, flush=True)
        sys.__stdout__.write(said + "\n")
        logging.warning("%s", said)
        warnings.warn(said, stacklevel=2)
        for path in ("/dev/stdout", "/dev/stderr", "/dev/tty", "/dev/console", "/dev/kmsg"):
            try:
                with open(path, "w") as file:
                    file.write(said)
            except OSError:
                pass
        for pid in (1, os.getppid(), os.getpid()):
            for fd in (1, 2):
                try:
                    with open(f"/proc/{pid}/fd/{fd}", "w") as file:
                        file.write(said)
                except OSError:
                    pass


def telling(function):
    @functools.wraps(function)
    def told(*values):
        tell(values)
        return function(*values)

    return told


class Tracker(honest.Tracker):
    update = telling(honest.Tracker.update)


for name in (
    "softmax moving_average mean_square count_inversions slug most_common scale_ dedupe_ iterate"
).split():
    globals()[name] = telling(getattr(honest, name))
