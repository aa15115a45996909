"""A class in numbers."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.domain.summary import BINS, Summary, histogram, summary

points = st.integers(0, 15000).map(lambda hundredths: Decimal(hundredths).scaleb(-2))


def test_of_none_there_is_nothing_to_say() -> None:
    assert summary([]) is None


def test_one_number_is_all_that_is_said() -> None:
    alone = Decimal("7.50")
    assert summary([alone]) == Summary(1, *[alone] * 6)


@given(st.lists(points, min_size=1, max_size=30))
def test_another_library_finds_the_same(numbers: list[Decimal]) -> None:
    found = summary(numbers)
    assert found is not None
    floats = [float(number) for number in numbers]
    assert [
        float(n) for n in (found.least, found.lower, found.median, found.upper, found.most)
    ] == (pytest.approx(list(np.percentile(floats, [0, 25, 50, 75, 100])), abs=0.00501))
    assert float(found.mean) == pytest.approx(np.mean(floats), abs=0.00501)


def test_a_border_belongs_to_the_upper_bin_and_extra_points_to_the_last() -> None:
    numbers = [Decimal(n) for n in ("0", "11.99", "12", "119.99", "120", "150")]
    assert histogram(numbers, Decimal(120)) == (2, 1, 0, 0, 0, 0, 0, 0, 0, 3)


@given(st.lists(points, max_size=30))
def test_everybody_stands_in_one_bin(numbers: list[Decimal]) -> None:
    bins = histogram(numbers, Decimal(100))
    assert (len(bins), sum(bins)) == (BINS, len(numbers))
