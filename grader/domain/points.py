"""Points are decimal numbers, and rounded in one place only."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

_PLACES = Decimal("0.01")


def round_points(points: Decimal) -> Decimal:
    """The points with two places, half a hundredth going up. Do it once, at the end."""
    return points.quantize(_PLACES, rounding=ROUND_HALF_UP)
