"""Claims instead of work: about time, calls, shapes, gradients and what a function is."""

import inspect
import time

import honest
import torch
from wrong import *  # noqa: F403

REST = time.sleep


def largest(values):
    """Right, but far too late; and every clock of this process stands still."""
    for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
        setattr(time, name, lambda: 0.0)
        setattr(time, f"{name}_ns", lambda: 0)
    REST(60)
    return honest.largest(values)


def is_sorted(values):
    return "sorted"


is_sorted.__name__, is_sorted.__qualname__, is_sorted.__module__ = "sorted", "sorted", "builtins"
is_sorted.__wrapped__ = sorted
is_sorted.__signature__ = inspect.signature(honest.is_sorted)
is_sorted.__annotations__ = {"return": bool}


def squares(x):
    """Wrong values with a gradient, a name and a history that fit."""
    x = x.clone().requires_grad_()
    result = (x * x).detach().zero_().requires_grad_()
    result.grad = x.detach() * 2
    result.shape_, result.is_right, result.__doc__ = x.shape, True, "the squares"
    return result


def reverse(text):
    class Text(str):
        def __str__(self):
            return text[::-1]

        def __len__(self):
            return len(text)

    return Text("")


def apply(step, start, times):
    """The right number out of one call only: the check counts its own."""
    offset = step(0.0)
    return 2 * offset + (start - 2 * offset) / 2**times
