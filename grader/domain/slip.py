"""Slip days: late days for free, of which each student has a number for the whole course."""

from __future__ import annotations


def usable(before: int, here: int, budget: int) -> int:
    """How many of the days declared `here` the budget covers, after those declared `before`.

    Homeworks spend in their order. A budget that a new policy makes smaller so takes the last days
    first, and never more is spent than there is. `ValueError` for negative numbers.
    """
    if min(before, here, budget) < 0:
        raise ValueError(f"{before}, {here} of {budget} slip days: none of them can be negative.")
    return max(min(here, budget - before), 0)


def most(elsewhere: int, budget: int) -> int:
    """How many days may be declared for a homework, when so many are for the others."""
    return max(budget - elsewhere, 0)
