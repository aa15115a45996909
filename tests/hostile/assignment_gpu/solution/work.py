"""The reference. SANDGLASS-CANARY-5f1c9e0b7d3a4826915e"""


def double(x):
    """Twice each element."""
    ### BEGIN SOLUTION
    return x * 2
    ### END SOLUTION


def halve(x):
    """Half of each element."""
    ### BEGIN SOLUTION
    return x / 2
    ### END SOLUTION
