"""Hidden checks with short limits; a bare `assert` of a truth value is among them."""

from __future__ import annotations

import pytest
import torch
from work import apply, is_sorted, largest, reverse, squares

SECRET = "SANDGLASS-CANARY-5f1c9e0b7d3a4826915e"
LINES, WIDTH = 1_000, 60


@pytest.mark.points(20)
@pytest.mark.hint("Compare each number with the largest so far.")
def test_number(rng):
    """The largest of some numbers."""
    values = [int(value) for value in rng.integers(-1_000_000, 1_000_000, size=50)]
    actual = largest(list(values))
    assert actual == max(values), f"{SECRET}: {actual} is not {max(values)}"


@pytest.mark.points(20)
@pytest.mark.hint("Begin with the last letter.")
def test_text(rng):
    """A long text of many lines, backwards."""
    letters = rng.choice(list("abcdefgh"), size=(LINES, WIDTH))
    text = "\n".join("".join(line) for line in letters)
    expected = text[::-1]
    assert reverse(text) == expected, f"{SECRET}: not {expected[:40]}"


@pytest.mark.points(20)
@pytest.mark.hint("Look at each pair of neighbours.")
def test_truth(rng):
    """Numbers in order, and numbers that are not."""
    values = [int(value) for value in rng.integers(0, 100, size=20)]
    assert is_sorted(sorted(values))
    assert not is_sorted([*sorted(values), -1])


@pytest.mark.points(20)
@pytest.mark.hint("Multiply the tensor by itself.")
def test_tensor(assert_tensor):
    """The squares of random numbers."""
    x = torch.randn(4, 6)
    expected = x * x
    assert_tensor(squares(x), expected)


@pytest.mark.points(20)
@pytest.mark.hint("Feed each result into the next step.")
def test_function(rng):
    """A function of the judge's, applied again and again."""
    offset = float(rng.normal())
    seen = []

    def step(x):
        seen.append(x)
        return 0.5 * x + offset

    actual = apply(step, 1.0, 6)
    expected = 2 * offset + (1.0 - 2 * offset) / 2**6
    assert abs(actual - expected) < 1e-6, f"{SECRET}: {actual} is not {expected}"
    assert len(seen) == 6, f"{SECRET}: {len(seen)} steps"
