"""How near a check came to ending otherwise: errors in tolerances, times beside limits."""

from __future__ import annotations

import math

import pytest
import torch

from runners.judge.tensors import TensorsDiffer, assert_tensor
from runners.report import Audience, Phase, to_results
from tests.runners.conftest import Grade

CHECKS = """
    import pytest
    import torch
    from question1 import f

    ONE = torch.ones(2, dtype=torch.float64)

    def test_passes(assert_tensor):
        assert_tensor(f(ONE, 0.001), ONE, rtol=0, atol=0.01)
        assert_tensor(f(ONE, 0.002), ONE, rtol=0, atol=0.01)
        assert_tensor(f(ONE, 0.0), ONE)

    def test_fails(assert_tensor):
        assert_tensor(f(ONE, 0.001), ONE, rtol=0, atol=0.01)
        assert_tensor(f(ONE, 0.04), ONE, rtol=0, atol=0.01)

    @pytest.mark.parametrize("by", [0.02, 0.05])
    def test_fails_twice(assert_tensor, by):
        assert_tensor(f(ONE, by), ONE, rtol=0, atol=0.01)

    @pytest.mark.parametrize("by", [0.02, None])
    def test_fails_otherwise_too(assert_tensor, by):
        assert_tensor(f(ONE, by), ONE, rtol=0, atol=0.01)

    def test_shape(assert_tensor): assert_tensor(f(ONE, 0)[None], ONE)

    @pytest.mark.timeout(7)
    def test_compares_nothing(): assert f(2, 1) == 3
"""
SOURCE = "def f(x, by):\n    return x + by\n"


def test_errors_are_told_in_tolerances(grade: Grade) -> None:
    report = grade(CHECKS, SOURCE)

    found = {check.id.rpartition("::")[2]: (check.error, check.miss) for check in report.checks}
    assert found == {
        "test_passes": (pytest.approx(0.2), None),
        "test_fails": (pytest.approx(0.1), pytest.approx(4)),
        "test_fails_twice": (None, pytest.approx(5)),
        "test_fails_otherwise_too": (None, None),
        "test_shape": (None, None),
        "test_compares_nothing": (None, None),
    }


def test_students_read_nothing_of_them(grade: Grade) -> None:
    report = grade(CHECKS, SOURCE)

    tests = to_results(report, Audience.STUDENT, Phase.PUBLISHED)["tests"]
    assert {"error", "miss"} & {key for test in tests for key in test} == set()


def test_the_slowest_case_stands_beside_its_limit(grade: Grade) -> None:
    waits = """
        import time
        import pytest

        @pytest.mark.parametrize("seconds", [0.1, 0.4, 0.1])
        def test_waits(seconds): time.sleep(seconds)

        @pytest.mark.timeout(7)
        def test_quick(): pass
    """
    waiting, quick = grade(waits, SOURCE).checks

    assert 0.4 <= waiting.slowest_seconds < waiting.seconds - 0.2
    assert (waiting.limit_seconds, quick.limit_seconds) == (10, 7)


@pytest.mark.parametrize(
    ("actual", "expected", "tolerances"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0),
        ([1.5, 2.0], [1.0, 2.0], 0.5 / 1.1),
        ([math.inf, math.nan], [math.inf, math.nan], 0),
        ([], [], 0),
        ([3, 4], [3, 5], 1 / 1.5),
        ([True, False], [True, False], 0),
        ([1 + 1j], [1j], 1 / 1.1),
    ],
)
def test_an_error_in_tolerances(
    actual: list[complex], expected: list[complex], tolerances: float
) -> None:
    error = assert_tensor(torch.tensor(actual), torch.tensor(expected), rtol=0.1, atol=1)

    assert error == pytest.approx(tolerances)


@pytest.mark.parametrize(
    ("actual", "expected", "tolerances"),
    [
        ([1.0, 2.0], [1.0, 3.0], 1 / 0.3),
        ([1, 2], [1, 3], 1 / 0.3),
        ([1.0, 0.5], [1.0, 0.0], math.inf),
        ([1.0, 2.0], [1.0, math.nan], math.inf),
    ],
)
def test_a_miss_in_tolerances(
    actual: list[float], expected: list[float], tolerances: float
) -> None:
    with pytest.raises(TensorsDiffer) as caught:
        assert_tensor(torch.tensor(actual), torch.tensor(expected), rtol=0.1, atol=0)

    assert caught.value.tolerances == pytest.approx(tolerances)
