"""What a good student hands in."""


def largest(values):
    return max(values)


def reverse(text):
    return text[::-1]


def is_sorted(values):
    return all(left <= right for left, right in zip(values, values[1:]))


def squares(x):
    return x**2


def apply(step, start, times):
    for _ in range(times):
        start = step(start)
    return start
