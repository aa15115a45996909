"""Known mistakes: recognised when everything agrees, and otherwise not a word."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from runners.contract import CheckResult, Mistake, Outcome, Visibility
from runners.grading import Grader
from runners.mistakes import explained
from runners.report import Audience, to_results
from tests.runners.conftest import make_request

SQUARES, ROOTS = "This is what squaring does.", "This is what a root does."
ENDS = {
    "a1": Outcome.FAILED,
    "a2": Outcome.PASSED,
    "a3": Outcome.TIMEOUT,
    "b1": Outcome.FAILED,
    "b2": Outcome.PASSED,
}
KNOWN = Mistake({"a1": "", "a3": "timeout", "b1": ""}, frozenset(), SQUARES)


def checks(raised: str = "", **changes: Outcome) -> list[CheckResult]:
    return [
        CheckResult(
            id=name,
            title=name,
            problem=name[0],
            max_points=Decimal(1),
            points=Decimal(int(end is Outcome.PASSED)),
            outcome=end,
            visibility=Visibility.HIDDEN,
            raised=name in raised.split(),
        )
        for name, end in {**ENDS, **changes}.items()
    ]


def hints(results: list[CheckResult], *mistakes: Mistake) -> dict[str, str]:
    return {check.id: check.mistake for check in explained(results, mistakes) if check.mistake}


def test_each_failing_check_of_a_recognised_mistake_says_so() -> None:
    assert hints(checks(), KNOWN) == {"a1": SQUARES, "a3": SQUARES, "b1": SQUARES}
    assert hints(checks(a1=Outcome.ERROR), KNOWN) == {"a1": SQUARES, "a3": SQUARES, "b1": SQUARES}


@pytest.mark.parametrize(
    ("results", "told"),
    [
        (checks(a2=Outcome.FAILED), {"b1"}),  # one more fails in this problem
        (checks(b2=Outcome.FAILED), {"a1", "a3"}),  # one more fails in the other one
        (checks(b1=Outcome.PASSED), set()),  # what it fails elsewhere passes
        (checks(a1=Outcome.PASSED), set()),
        (checks(a3=Outcome.FAILED), set()),  # it ends, but in another way
        (checks(a1=Outcome.CRASHED), set()),
        (checks(raised="a1"), set()),  # an exception, where the mistake makes a wrong value
    ],
)
def test_whatever_differs_keeps_it_quiet(results: list[CheckResult], told: set[str]) -> None:
    assert set(hints(results, KNOWN)) == told


def test_an_exception_may_belong_to_the_mistake() -> None:
    raising = replace(KNOWN, raises=frozenset({"a1"}))

    assert set(hints(checks(raised="a1"), raising)) == {"a1", "a3", "b1"}
    assert hints(checks(), raising) == {}


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (replace(KNOWN, hint=ROOTS), {}),
        (replace(KNOWN, hint=""), {}),
        (KNOWN, dict.fromkeys(("a1", "a3", "b1"), SQUARES)),
        (
            replace(KNOWN, raises=frozenset({"a1"}), hint=ROOTS),
            dict.fromkeys(("a1", "a3", "b1"), SQUARES),
        ),
        (Mistake({"b1": ""}, hint=ROOTS), dict.fromkeys(("a1", "a3"), SQUARES)),
    ],
)
def test_mistakes_that_look_alike_say_nothing_unless_they_agree(
    other: Mistake, told: dict[str, str]
) -> None:
    assert hints(checks(), KNOWN, other) == told


def test_who_has_written_nothing_reads_of_no_mistake() -> None:
    every = Mistake({"b1": "", "b2": ""}, frozenset({"b1", "b2"}), SQUARES)

    assert hints(checks("b1 b2", b2=Outcome.FAILED), every) == {}
    assert hints(checks("b1", b2=Outcome.FAILED), replace(every, raises=frozenset({"b1"}))) == {
        "b1": SQUARES,
        "b2": SQUARES,
    }


def test_no_mistakes_change_nothing() -> None:
    assert explained(checks(), ()) == checks()


CHECKS = """
    from question1 import double

    def test_double(): assert double(3) == 6
    def test_zero(): assert double(0) == 0
    def test_two(): assert double(2) == 4
"""


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("def double(x): return x * x", SQUARES),
        ("def double(x): return x * 2 if x < 3 else None / 2", ""),
        ("def double(x): return x * 2", ""),
    ],
)
def test_a_real_run_tells_it_to_the_student(grader: Grader, source: str, told: str) -> None:
    request = make_request(CHECKS, f"{source}\n")
    known = Mistake({"hidden/test_it.py::test_double": ""}, hint=SQUARES)
    report = grader.grade(replace(request, suite=replace(request.suite, mistakes=(known,))))

    student = to_results(report, Audience.STUDENT)["tests"]
    assert [test["mistake"] for test in student] == [told, "", ""]
    explains = "A known mistake fails exactly these checks of the problem."
    assert (f"{explains} {SQUARES}" in student[0]["output"]) is bool(told)
