"""Raises exceptions whose class names are no names, while loading and in calls."""

from honest import *  # noqa: F403


def strange(name, module="builtins", bases=(Exception,)):
    kind = type("Strange", bases, {})
    kind.__qualname__ = name
    kind.__module__ = module
    return kind


def softmax(x):
    raise strange("nul\0nul", "work")("nul")


def moving_average(values, width):
    raise strange("Skipped", "_pytest.outcomes", (BaseException,))("skipped")


def mean_square(values):
    raise strange("\ud800", "work")("surrogate \ud800")


def count_inversions(values):
    raise strange("x" * 1_000_000, "y" * 1_000_000)("z" * 1_000_000)


def slug(text):
    class Loud(strange("GuestLost", "runners.judge.errors")):
        def __str__(self):
            raise SystemExit(0)

    raise Loud


def most_common(words, k):
    raise ExceptionGroup("group", [strange("CheckTimeout", "runners.judge.errors")("x")] * 1000)


class Tracker:
    def __init__(self):
        raise strange("", "")("")


def dedupe_(values):
    raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "needs five arguments")


def iterate(step, start, times):
    bases = Exception
    for i in range(200):
        bases = strange(f"Level{i}", "work", (bases,))
    raise bases("deep")


raise strange("nul\0nul", "work")("at load")
