"""Runs of a part of a suite: up to the first failure, or only the checks that are named."""

from __future__ import annotations

from dataclasses import replace

from runners.grading import Grader
from tests.runners.conftest import make_request, outcomes

CHECKS = """
    import pytest
    from question1 import f

    def test_first(): assert f(1) == 1

    @pytest.mark.parametrize("x", [1, 2, 3])
    def test_cases(x): assert f(x) == x

    def test_last(): assert f(1) == 1
"""


def test_nothing_runs_after_the_first_failure(grader: Grader) -> None:
    request = make_request(CHECKS, "def f(x):\n    return min(x, 2 - x + 1)\n")

    assert outcomes(grader.grade(request)) == {
        "test_first": "passed",
        "test_cases": "failed",
        "test_last": "passed",
    }
    assert outcomes(grader.grade(replace(request, stop_at_failure=True))) == {
        "test_first": "passed",
        "test_cases": "failed",
        "test_last": "not_run",
    }


def test_nothing_changes_where_all_pass(grader: Grader) -> None:
    request = make_request(CHECKS, "def f(x):\n    return x\n")

    assert set(outcomes(grader.grade(replace(request, stop_at_failure=True))).values()) == {
        "passed"
    }


def test_only_what_is_named_is_run(grader: Grader) -> None:
    request = make_request(CHECKS, "def f(x):\n    return x\n")
    named = frozenset({"hidden/test_it.py::test_cases"})

    assert outcomes(grader.grade(replace(request, only=named))) == {"test_cases": "passed"}
