"""The reference: five small functions. SANDGLASS-CANARY-5f1c9e0b7d3a4826915e"""


def largest(values):
    """The largest number of a list."""
    ### BEGIN SOLUTION
    return max(values)
    ### END SOLUTION


def reverse(text):
    """The text, backwards."""
    ### BEGIN SOLUTION
    return text[::-1]
    ### END SOLUTION


def is_sorted(values):
    """Whether no number is larger than the next."""
    ### BEGIN SOLUTION
    return sorted(values) == values
    ### END SOLUTION


def squares(x):
    """The square of each element."""
    ### BEGIN SOLUTION
    return x * x
    ### END SOLUTION


def apply(step, start, times):
    """`step` applied to `start`, `times` times."""
    ### BEGIN SOLUTION
    for _ in range(times):
        start = step(start)
    return start
    ### END SOLUTION
