"""Public checks: students have them, and see everything that they say."""

from __future__ import annotations

import pytest
import torch
from work import slug, softmax

pytestmark = pytest.mark.timeout(3)


@pytest.mark.points(5)
@pytest.mark.hint("Each row of the result must sum to one.")
def test_softmax_of_two(assert_tensor):
    """Softmax of two equal numbers."""
    assert_tensor(softmax(torch.zeros(1, 2)), torch.full((1, 2), 0.5))


@pytest.mark.points(5)
@pytest.mark.hint("Split at white space and join with hyphens.")
def test_slug_of_two_words():
    """The slug of two words."""
    actual = slug("Hello  World")
    assert actual == "hello-world", f"slug('Hello  World') is {actual!r}, not 'hello-world'"
