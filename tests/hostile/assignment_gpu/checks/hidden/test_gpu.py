"""Hidden checks on a GPU: the second one shows that the GPU is well after the first."""

from __future__ import annotations

import pytest
import torch
from work import double, halve

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(30)]
SECRET = "SANDGLASS-CANARY-5f1c9e0b7d3a4826915e"


@pytest.mark.points(50)
@pytest.mark.hint("Multiply by two.")
def test_double(assert_tensor):
    """Twice a random tensor."""
    x = torch.randn(64, 64)
    expected = x * 2
    assert_tensor(double(x), expected)


@pytest.mark.points(50)
@pytest.mark.hint("Divide by two.")
def test_halve(assert_tensor):
    """Half of a random tensor."""
    x = torch.randn(64, 64)
    expected = x / 2
    assert_tensor(halve(x), expected)
