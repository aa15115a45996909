"""A tiny homework: one function for each kind of value that crosses between judge and guest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor


def softmax(x: Tensor) -> Tensor:
    """Softmax of each row of a matrix."""
    ### BEGIN SOLUTION
    # SANDGLASS-CANARY-5f1c9e0b7d3a4826915e
    powers = torch.exp(x - x.max(dim=1, keepdim=True).values)
    return powers / powers.sum(dim=1, keepdim=True)
    ### END SOLUTION


def moving_average(values: np.ndarray, width: int) -> np.ndarray:
    """The mean of each `width` neighbours; `len(values) - width + 1` numbers."""
    ### BEGIN SOLUTION
    sums = np.cumsum(np.concatenate([[0.0], values]))
    return (sums[width:] - sums[:-width]) / width
    ### END SOLUTION


def mean_square(values: list[float]) -> float:
    """The mean of the squares."""
    ### BEGIN SOLUTION
    return sum(value * value for value in values) / len(values)
    ### END SOLUTION


def count_inversions(values: list[int]) -> int:
    """How many pairs stand in the wrong order."""
    ### BEGIN SOLUTION
    return sum(left > right for i, left in enumerate(values) for right in values[i + 1 :])
    ### END SOLUTION


def slug(text: str) -> str:
    """Lower case, words joined by single hyphens."""
    ### BEGIN SOLUTION
    return "-".join(text.lower().split())
    ### END SOLUTION


def most_common(words: list[str], k: int) -> list[tuple[str, int]]:
    """The `k` most frequent words with their counts; ties by the alphabet."""
    ### BEGIN SOLUTION
    counts = {word: words.count(word) for word in words}
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:k]
    ### END SOLUTION


class Tracker:
    """A running mean over tensors."""

    def __init__(self) -> None:
        ### BEGIN SOLUTION
        self.total = 0.0
        self.count = 0
        self.secret = "SANDGLASS-CANARY-5f1c9e0b7d3a4826915e"
        ### END SOLUTION

    def update(self, x: Tensor) -> None:
        """Take in all elements of `x`."""
        ### BEGIN SOLUTION
        self.total += float(x.sum(dtype=torch.float64))
        self.count += x.numel()
        ### END SOLUTION

    def mean(self) -> float:
        """The mean of all elements so far."""
        ### BEGIN SOLUTION
        return self.total / self.count
        ### END SOLUTION


def scale_(x: Tensor, factor: float) -> None:
    """Multiply `x` in place."""
    ### BEGIN SOLUTION
    x.mul_(factor)
    ### END SOLUTION


def dedupe_(values: list[int]) -> None:
    """Drop repeated values in place; the first of each stays."""
    ### BEGIN SOLUTION
    values[:] = dict.fromkeys(values)
    ### END SOLUTION


def iterate(step: Callable[[float], float], start: float, times: int) -> float:
    """Apply `step` to `start`, `times` times."""
    ### BEGIN SOLUTION
    for _ in range(times):
        start = step(start)
    return start
    ### END SOLUTION
