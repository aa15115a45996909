"""Rounding, once, half up."""

from __future__ import annotations

from decimal import Decimal

import pytest

from grader.domain.points import round_points


@pytest.mark.parametrize(
    ("points", "rounded"),
    [
        ("0", "0.00"),
        ("12.344999", "12.34"),
        ("12.345", "12.35"),
        ("12.335", "12.34"),  # half to even would give the same here, but not one line above
        ("0.005", "0.01"),
        ("99.995", "100.00"),
    ],
)
def test_half_a_hundredth_goes_up(points: str, rounded: str) -> None:
    assert str(round_points(Decimal(points))) == rounded
