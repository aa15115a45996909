from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assignments.answers.errors import Unreadable
from assignments.answers.expressions import POINTS, Expression, sample
from runners.text import clean

RANGES = {
    "Psi": (Decimal("1e9"), Decimal("1e10")),
    "N": (Decimal(2), Decimal(64)),
    "K": (Decimal(8), Decimal(16)),
}
AT = {"Psi": 2e9, "N": 8.0, "K": 12.0}
VALUES = {
    "(2 + 2 + K) * Psi / N": 4e9,
    "Ψ*(4 + K)/N": 4e9,
    "4 \u00d7 Ψ": 8e9,
    "= 2^3 · N": 64.0,
    "-N + +K": 4.0,
    "N ** 2 - 1e2 + 1_000": 964.0,
    "sqrt(2 * N) + log2(N)": 7.0,
    "log (N, 2)": 3.0,
    "ln(exp(1))": 1.0,
    "max(N, K) - min(N, K) + abs(-1) + ceil(0.2) + floor(0.9)": 6.0,
    "2 * pi": 2 * math.pi,
}
NOWHERE = ["1 / (N - N)", "sqrt(-N)", "log2(N - N)", "10**10**10", "Psi**Psi", "(-1)**0.5", "0**-1"]
UNREADABLE = {
    "4Psi": "“4P” lacks a sign: write * between factors, such as 2 * x",
    "2 (N + 1)": "“2 (” lacks a sign: write * between factors, such as 2 * x",
    "(N)(K)": "“)(” lacks a sign: write * between factors, such as 2 * x",
    "K(N + 1)": "K is a variable: write * before the bracket, K * (...)",
    "psi / N": "“psi” is not a variable of this question (they are Psi, N, K). Did you mean Psi?",
    "nan": "“nan” is not a variable of this question (they are Psi, N, K).",
    "tan(N)": "“tan” is not a function that is known here: sqrt, exp, log, ln, log2, log10, abs, "
    "min, max, ceil, floor are",
    "N // 2": "this uses a sign that cannot be read: use + - * / and **",
    "N +": "“N +” is not a formula: write it like 2 * x / (y + 1)",
    "1e400 * N": "a number is beyond all that are asked for here",
    "True": "use numbers such as 2, 0.5 or 1e9",
    "N, K": "this is not a formula: write it like 2 * x / (y + 1)",
    "N.real": "this is not a formula: write it like 2 * x / (y + 1)",
}
HOSTILE = [
    "__import__('os').system('true')",
    "[x for x in (1,)]",
    "lambda: 1",
    "f'{N}'",
    "N if N else K",
    "N\nimport os",
    "N; K",
    "(" * 200 + ")" * 200,
    "(" * 41 + "1" + ")" * 41,
    "-" * 300 + "1",
    "N" * 1_000_000,
    "9" * 100_000,
    "\u0661 * N",
    "N = 3",
    "print(N)",
    "abs",
    "max(key=abs)",
    "max(*N)",
    "\x00",
    "",
]


@pytest.mark.parametrize(("typed", "value"), VALUES.items())
def test_a_formula_has_its_value(typed: str, value: float) -> None:
    assert Expression(typed, RANGES).at(AT) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("typed", NOWHERE)
def test_what_no_number_holds_has_no_value(typed: str) -> None:
    assert Expression(typed, RANGES).at(AT) is None


@pytest.mark.parametrize(("typed", "message"), UNREADABLE.items())
def test_what_is_no_formula_is_told_how_to_write(typed: str, message: str) -> None:
    with pytest.raises(Unreadable) as caught:
        Expression(typed, RANGES)
    assert str(caught.value) == message


@pytest.mark.parametrize("typed", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_else_is_ever_computed(typed: str) -> None:
    with pytest.raises(Unreadable):
        Expression(typed, RANGES).at(AT)


@pytest.mark.parametrize("typed", ["min(N)", "abs()", "sqrt(1, 2)", "log(1, 2, 3)"])
def test_a_function_says_what_it_does_not_take(typed: str) -> None:
    with pytest.raises(Unreadable, match="values that it does not take"):
        Expression(typed, RANGES).at(AT)


@pytest.mark.parametrize("typed", ["N" + "+N" * 199, "1" + "**1" * 130, "9" * 300])
def test_long_formulas_are_computed_all_the_same(typed: str) -> None:
    Expression(typed, RANGES).at(AT)


def test_points_are_the_same_each_time_and_within_their_ranges() -> None:
    points = sample("zero", RANGES)
    assert points == sample("zero", RANGES)
    assert points != sample("other", RANGES)
    assert len(points) == POINTS
    for point in points:
        for name, (low, high) in RANGES.items():
            assert float(low) <= point[name] <= float(high)


def test_a_wide_range_is_sampled_by_its_powers_of_ten() -> None:
    small = [p["x"] for p in sample("wide", {"x": (Decimal(1), Decimal("1e12"))}) if p["x"] < 1e6]
    assert len(small) >= 2


@given(st.text(max_size=80) | st.text("PsiNK0123456789.e+-*/^() ,_", max_size=60))
def test_any_text_is_a_formula_or_a_sentence(typed: str) -> None:
    try:
        value = Expression(typed, RANGES).at(AT)
    except Unreadable as error:
        said = str(error)
        assert said == clean(said)
    else:
        assert value is None or math.isfinite(value)
