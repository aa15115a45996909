"""A class in numbers: how many, the mean, the quartiles, and how the points are spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import mean, median, quantiles

from grader.domain.points import round_points

BINS = 10


@dataclass(frozen=True, slots=True)
class Summary:
    """What a row of numbers has in common; each with two places."""

    count: int
    least: Decimal
    lower: Decimal
    """The first quartile: a quarter of the numbers is not above it."""
    median: Decimal
    mean: Decimal
    upper: Decimal
    """The third quartile."""
    most: Decimal


def summary(numbers: Sequence[Decimal]) -> Summary | None:
    """The numbers in a few; None where there are none.

    Quartiles are those of the class itself, which is no sample of a larger one: with few numbers
    they lie between two of them.
    """
    if not numbers:
        return None
    ordered = sorted(numbers)
    # One number is all its own quartiles.
    spread = ordered if len(ordered) > 1 else ordered * 2
    lower, _, upper = quantiles(spread, n=4, method="inclusive")
    return Summary(
        count=len(ordered),
        least=round_points(ordered[0]),
        lower=round_points(lower),
        median=round_points(median(ordered)),
        mean=round_points(mean(ordered)),
        upper=round_points(upper),
        most=round_points(ordered[-1]),
    )


def histogram(numbers: Sequence[Decimal], possible: Decimal) -> tuple[int, ...]:
    """How many numbers lie in each tenth of what is possible; a border belongs to the upper one.

    All points, and more than all, stand in the last.
    """
    bins = [0] * BINS
    for number in numbers:
        bins[min(int(number * BINS / possible), BINS - 1)] += 1
    return tuple(bins)
