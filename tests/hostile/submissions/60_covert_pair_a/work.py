"""The speaker of a pair: holds every channel while it is loaded, and lives as long as it may."""

import functools

import covert
import honest

covert.speak()


def lasting(function):
    @functools.wraps(function)
    def slow(*values):
        covert.speak()
        covert.open_again(1.4)
        return function(*values)

    return slow


is_sorted = honest.is_sorted  # it is called twice
for name in ("largest", "reverse", "squares", "apply"):
    globals()[name] = lasting(getattr(honest, name))
