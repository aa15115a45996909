"""Reaches through the judge's functions, and asks the judge for operations that only it may ask."""

from channel import ask, frame, group, integer, text, wait
from honest import iterate as right_iterate
from loot import search, shout
from wrong import *  # noqa: F403

DOORS = (
    "__globals__ __code__ __closure__ __defaults__ __self__ __func__ __wrapped__ __module__ __dict__"
    " __class__ __reduce__ __reduce_ex__ __getattribute__ __init_subclass__ f_back gi_frame _objects"
).split()


def lie(*items):
    frame(ask(*items))
    wait()


def callback(number):
    return b"r" + group(b"t", [text("callback"), integer(number)])


def moving_average(values, width):
    lie("get", callback(0), text("__globals__"))


def count_inversions(values):
    lie("call", text("builtins"), text("open"))


def most_common(words, k):
    lie("resolve", callback(0))


def slug(words):
    if "\n" in words:
        lie("callback", text("__globals__"))
    return ""


def iterate(step, start, times):
    """Nothing behind the function but its number; then it is used as it should be."""
    for door in DOORS:
        try:
            search(repr(getattr(step, door)), f"step.{door}")
            search(repr(vars(getattr(step, door))), f"vars(step.{door})")
        except Exception:
            pass
    try:
        step(__globals__=1)
    except Exception as error:
        seen = error
        while seen is not None:
            search(repr(seen) + repr(vars(seen)), "exception")
            seen = seen.__cause__ or seen.__context__
    shout()
    return right_iterate(step, start, times)
