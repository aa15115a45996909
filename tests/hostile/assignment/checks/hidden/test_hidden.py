"""Hidden checks, with the comparisons that attacks on one shared process are known to fool.

Each expected value is made before the submission is called, from inputs that it cannot reach.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from work import (
    Tracker,
    count_inversions,
    dedupe_,
    iterate,
    mean_square,
    most_common,
    moving_average,
    scale_,
    slug,
    softmax,
)

pytestmark = pytest.mark.timeout(3)

SECRET = "SANDGLASS-CANARY-5f1c9e0b7d3a4826915e"
LARGE = 1_000_000
"""Elements of a tensor that is far larger than the buffer of a pipe or socket (4 MB)."""


@pytest.mark.points(10)
@pytest.mark.hint("Subtract each row's largest number first.")
def test_tensor(assert_tensor):
    """Softmax of a random matrix."""
    x = torch.randn(5, 7) * 20
    expected = torch.softmax(x, dim=1)
    actual = softmax(x)
    assert torch.allclose(actual, expected), f"{SECRET}: {actual} is not {expected}"
    assert_tensor(actual, expected)


@pytest.mark.points(10)
@pytest.mark.hint("How many windows of this width are there?")
def test_array(rng):
    """Moving average of random numbers."""
    values = rng.normal(size=40)
    expected = np.convolve(values, np.full(6, 1 / 6), mode="valid")
    actual = moving_average(values, 6)
    assert actual.shape == expected.shape, f"{SECRET}: shape {actual.shape}"
    assert np.allclose(actual, expected), f"{SECRET}: {actual} is not {expected}"


@pytest.mark.points(5)
@pytest.mark.hint("Square before you add.")
def test_float_abs(rng):
    """Mean square, by its distance."""
    values = [float(value) for value in rng.normal(size=20)]
    expected = float(np.mean(np.square(values)))
    assert abs(mean_square(values) - expected) < 1e-6, f"{SECRET}: not {expected}"


@pytest.mark.points(5)
@pytest.mark.hint("Divide by how many there are.")
def test_float_approx(rng):
    """Mean square, by pytest.approx."""
    values = [float(value) for value in rng.normal(size=30)]
    expected = float(np.mean(np.square(values)))
    assert mean_square(values) == pytest.approx(expected), f"{SECRET}: not {expected}"


@pytest.mark.points(10)
@pytest.mark.hint("Equal numbers are no inversion.")
def test_int(rng):
    """Inversions of a random list."""
    values = [int(value) for value in rng.integers(0, 50, size=30)]
    order = np.array(values)
    expected = int(np.triu(order[:, None] > order[None, :], k=1).sum())
    actual = count_inversions(values)
    assert actual == expected, f"{SECRET}: {actual} is not {expected}"


@pytest.mark.points(10)
@pytest.mark.hint("Any white space separates words.")
def test_text(rng):
    """The slug of random words."""
    words = ["".join(rng.choice(list("ABCdef"), size=4)) for _ in range(9)]
    expected = "-".join(words).lower()
    actual = slug(" \t\n".join(words))
    assert actual == expected, f"{SECRET}: {actual!r} is not {expected!r}"


@pytest.mark.points(10)
@pytest.mark.hint("Sort by count, then by word.")
def test_counts(rng):
    """The most common of random words."""
    words = [str(word) for word in rng.choice(["ant", "bee", "cat", "dog", "elk"], size=60)]
    pairs = sorted(Counter(words).items(), key=lambda pair: (-pair[1], pair[0]))[:3]
    actual = [tuple(pair) for pair in most_common(words, 3)]
    assert actual == pairs, f"{SECRET}: {actual} is not {pairs}"


@pytest.mark.points(10)
@pytest.mark.hint("Keep the sum and the count.")
def test_object():
    """A tracker's mean over several updates, the second of them large."""
    first, second = torch.randn(3, 4), torch.ones(LARGE)
    expected = float((first.sum() + LARGE) / (12 + LARGE))
    tracker = Tracker()
    tracker.update(first)
    tracker.update(second)
    actual = tracker.mean()
    assert isinstance(tracker, Tracker), f"{SECRET}: not a Tracker"
    assert actual == pytest.approx(expected, rel=1e-5), f"{SECRET}: {actual} is not {expected}"


@pytest.mark.points(10)
@pytest.mark.hint("Change the argument itself; return nothing.")
def test_in_place(assert_tensor, rng):
    """Arguments changed in place."""
    x = torch.randn(6, 3)
    expected = x * 2.5
    scale_(x, 2.5)
    assert_tensor(x, expected)
    values = [int(value) for value in rng.integers(0, 9, size=30)]
    unique = list(dict.fromkeys(values))
    dedupe_(values)
    assert values == unique, f"{SECRET}: {values} is not {unique}"


@pytest.mark.points(10)
@pytest.mark.hint("Feed each result into the next step.")
def test_callback(rng):
    """A function of the judge's, applied again and again."""
    offset = float(rng.normal())
    actual = iterate(lambda x: 0.5 * x + offset, 1.0, 8)
    expected = 2 * offset + (1.0 - 2 * offset) / 2**8
    assert abs(actual - expected) < 1e-6, f"{SECRET}: {actual} is not {expected}"
