"""Raises its inputs, in every part of an exception that somebody might show."""

import base64

MARK = "HOSTILE-LEAK"


def throw(*values):
    text = repr(values)[:400]
    name = base64.b32encode(text.encode()).decode().rstrip("=")[:100]
    document = {"__doc__": f"{MARK} {text}", "__module__": f"{MARK} {text[:50]}"}
    kind = type(f"{MARK}_{name}", (ValueError,), document)
    error = kind(f"{MARK} {text}")
    error.add_note(f"{MARK} {text}")
    error.__cause__ = KeyError(f"{MARK} {text}")
    error.__context__ = ExceptionGroup(f"{MARK} {text}", [kind(f"{MARK} {text}")])
    # The text of this line is the source that a traceback shows: HOSTILE-LEAK
    raise error


softmax = moving_average = mean_square = count_inversions = slug = most_common = throw
scale_ = dedupe_ = iterate = throw


class Tracker:
    update = throw

    def mean(self):
        throw(self)
