"""Returns containers that hold themselves, and leaves them in its arguments."""

import numpy as np

from wrong import *  # noqa: F403


def cyclic_list():
    value = [1]
    value.append(value)
    return value


def cyclic_dict():
    value = {"self": None}
    value["self"] = [value]
    return value


def softmax(x):
    return cyclic_list()


def moving_average(values, width):
    value = np.empty(1, dtype=object)
    value[0] = value
    return value


def mean_square(values):
    return cyclic_dict()


def count_inversions(values):
    return (cyclic_list(), cyclic_dict())


def slug(text):
    return cyclic_list()


def most_common(words, k):
    words.append(words)
    return words


class Tracker:
    def update(self, x):
        x.grad_fn_of_mine = self

    def mean(self):
        error = ValueError("cyclic")
        error.__cause__ = error.__context__ = error
        raise error


def dedupe_(values):
    values.append(values)


def iterate(step, start, times):
    return step(cyclic_list())
