"""Hidden checks on several ranks: values, traffic, and what may be used."""

from __future__ import annotations

import pytest
import torch
from work import plain_sum, ring_sum

SECRET = "SANDGLASS-CANARY-5f1c9e0b7d3a4826915e"
SIZE = 4


def inputs(rng):
    """One tensor of whole numbers for each rank: their sum is exact in any order."""
    return [torch.from_numpy(rng.integers(-50, 50, size=12)).float() for _ in range(SIZE)]


@pytest.mark.points(30)
@pytest.mark.ranks(SIZE)
@pytest.mark.hint("Every rank needs every other rank's numbers.")
def test_values(ranks, rng):
    """Every rank gets the sum."""
    xs = inputs(rng)
    for result in ranks.run(ring_sum, [(x,) for x in xs]):
        assert torch.equal(result, sum(xs)), f"{SECRET}: {result} is not {sum(xs)}"


@pytest.mark.points(30)
@pytest.mark.ranks(SIZE)
@pytest.mark.hint("A rank passes on what it has just received, once around.")
def test_traffic(ranks, rng):
    """Each rank sends its neighbour one tensor less than there are ranks."""
    xs = inputs(rng)
    for result in ranks.run(ring_sum, [(x,) for x in xs]):
        assert torch.equal(result, sum(xs)), f"{SECRET}: {result} is not {sum(xs)}"
    sent = [(traffic.messages, traffic.bytes) for traffic in ranks.traffic]
    assert sent == [(SIZE - 1, (SIZE - 1) * 12 * 4)] * SIZE, f"{SECRET}: {sent}"


@pytest.mark.points(30)
@pytest.mark.ranks(SIZE)
@pytest.mark.hint("Only send and recv.")
def test_allowed(ranks, rng):
    """Nothing but messages from rank to rank."""
    xs = inputs(rng)
    for result in ranks.run(ring_sum, [(x,) for x in xs], allow=["send", "recv"]):
        assert torch.equal(result, sum(xs)), f"{SECRET}: {result} is not {sum(xs)}"


@pytest.mark.points(10)
@pytest.mark.hint("Add them up.")
def test_alone(rng):
    """A sum without ranks."""
    xs = inputs(rng)
    assert torch.equal(plain_sum(xs), sum(xs)), f"{SECRET}: not {sum(xs)}"
