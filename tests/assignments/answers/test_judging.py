"""Typed answers against the right ones."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assignments.answers.judging import Judged, judge_answers, unreadable
from assignments.answers.typed import Given, read_answers_text, right_answers
from assignments.loader import load_assignment
from assignments.spec import AnswerSpec, AssignmentSpec
from tests.assignments.homework import DECLARATION, write_homework
from tests.assignments.questions import ANSWERS, RIGHT, WRONG, homework_of, question

BYTES = question('kind = "number"\nvalue = "2.6 GB"\ntolerance = "1 %"')
EXACT = question('kind = "number"\nvalue = 42')
ABOUT = question('kind = "number"\nvalue = "2.6 GB"\ntolerance = "50 MB"')
SHARE = question('kind = "number"\nvalue = "25 %"\ntolerance = "2 %"')
FORMULA = question(
    'kind = "expression"\nvalue = "(2 + 2 + K) * Psi / N"\n'
    "variables = { Psi = [1e9, 1e10], N = [2, 64], K = [8, 16] }"
)
ONE = question('kind = "choice"\noptions = { a = "A", b = "B", C = "C" }\nvalue = "b"')
SOME = question('kind = "choice"\noptions = { a = "A", b = "B", c = "C" }\nvalue = ["a", "c"]')
GRID = 'kind = "table"\nrows = ["r", "s"]\ncolumns = ["x", "y"]\nvalues = [["1 GB", 2], [3, 4]]'
TABLE = question(GRID)
SHARED = question(f"{GRID}\npartial = true")
FORMULAS = question('kind = "matrix"\nvalues = [["N", "N**2"]]\nvariables = { N = [2, 9] }')


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> AssignmentSpec:
    toml = DECLARATION.replace("points = 10", "points = 22", 1) + ANSWERS
    folder: Path = tmp_path_factory.mktemp("course") / "hw0"
    return load_assignment(write_homework(folder, {"assignment.toml": toml}))


def judged(answer: AnswerSpec, typed: Given) -> Judged:
    [result] = judge_answers(homework_of(answer), {"q": typed})
    return result


def test_right_answers_earn_everything(spec: AssignmentSpec) -> None:
    for answers in (read_answers_text("a", RIGHT, spec).answers, right_answers(spec)):
        results = judge_answers(spec, answers)
        assert [(r.outcome, r.points) for r in results] == [
            ("passed", answer.points) for answer in spec.answers
        ]
        assert {r.message + r.staff_message for r in results} == {""}


def test_wrong_answers_earn_nothing_and_tell_students_nothing(spec: AssignmentSpec) -> None:
    results = judge_answers(spec, read_answers_text("a", WRONG, spec).answers)

    assert [(r.outcome, int(r.points), r.message) for r in results] == [("failed", 0, "")] * 6
    assert results[0].staff_message == "“5.2 GB” is wrong, right is 2.6 GB (tolerance 1 %)."


def test_no_answers_earn_nothing(spec: AssignmentSpec) -> None:
    for blank in ('model_bytes = " "\nsharded = []\nstages = [["", ""]]', 'sharded = [" ", ","]'):
        assert read_answers_text("a", blank, spec).answers == {}
    assert [(r.outcome, int(r.points), r.message) for r in judge_answers(spec, {})] == [
        ("not_run", 0, "No answer was given.")
    ] * 6


@pytest.mark.parametrize(
    ("answer", "typed", "outcome"),
    [
        (BYTES, "2.6 GB", "passed"),
        (BYTES, "2.626 GB", "passed"),
        (BYTES, "2.627 GB", "failed"),
        (BYTES, "2.573 GB", "failed"),
        (BYTES, "2.42 GiB", "passed"),
        (BYTES, "-2.6 GB", "failed"),
        (BYTES, "2.6", "error"),
        (BYTES, ["2.6 GB"], "passed"),
        (BYTES, ["2.6 GB", "2.6 GB"], "error"),
        (EXACT, "42.00001", "passed"),
        (EXACT, "42.0001", "failed"),
        (EXACT, "84/2", "passed"),
        (ABOUT, "2.65 GB", "passed"),
        (ABOUT, "2.651 GB", "failed"),
        (SHARE, "25.5 %", "passed"),
        (SHARE, "0.25", "error"),
        (FORMULA, "4*Psi/N + K*Psi/N", "passed"),
        (FORMULA, "(4+K) Psi / N", "error"),
        (FORMULA, "(4.00001 + K) * Psi / N", "passed"),
        (FORMULA, "(4.001 + K) * Psi / N", "failed"),
        (FORMULA, "1 / (N - N)", "failed"),
        (FORMULA, "10**10**10", "failed"),
        (ONE, "b", "passed"),
        (ONE, ["b"], "passed"),
        (ONE, "c", "failed"),
        (ONE, "a, b", "error"),
        (ONE, "d", "error"),
        (SOME, ["c", "a"], "passed"),
        (SOME, "A c", "passed"),
        (SOME, ["a"], "failed"),
        (SOME, ["a", "b", "c"], "failed"),
        (TABLE, [["1 GB", "2"], ["3", "4"]], "passed"),
        (TABLE, [["1 GB", "2"], ["3", "5"]], "failed"),
        (TABLE, [["1 GB", "2"], ["3", "x"]], "error"),
        (TABLE, [["1 GB", "2"]], "error"),
        (TABLE, "1 GB", "error"),
        (FORMULAS, [["N", "N * N"]], "passed"),
        (FORMULAS, ["N", "N * N"], "passed"),
        (FORMULAS, [["N", "N"]], "failed"),
    ],
)
def test_how_an_answer_ends(answer: AnswerSpec, typed: Given, outcome: str) -> None:
    result = judged(answer, typed)
    assert (result.outcome, int(result.points)) == (outcome, 1 if outcome == "passed" else 0)
    # What is wrong is told to nobody; what cannot be read is told with the way to write it.
    assert bool(result.message) is (outcome == "error")


def test_what_cannot_be_read_is_a_sentence() -> None:
    assert judged(BYTES, "2.6 gb").message == (
        "“2.6 gb” cannot be read: “gb” is not a unit that is known here (did you mean GB?); "
        "write GB, MB or B."
    )
    assert judged(ONE, "d").message == "“d” is not one of the options: they are a, b, C."
    assert judged(TABLE, [["1", "x"], ["3", ""]]).message == (
        "r, x: “1” has no unit: write it too, such as GB, MB or B; r, y: “x” is not a number: "
        "write a number such as 2.6 or 2.6e9; nothing is written in s, y."
    )
    assert unreadable(BYTES, "2.6 gb") == judged(BYTES, "2.6 gb").message
    assert unreadable(TABLE, [["1 GB", ""], ["", ""]]) == ""
    assert unreadable(TABLE, [["1 Gb", ""], ["", ""]]).startswith("r, x: “1 Gb” cannot be read")
    assert unreadable(BYTES, "3.6 GB") == unreadable(BYTES, "") == ""


def test_a_table_with_gaps_is_told_which() -> None:
    result = judged(TABLE, [["1 GB", "2"], ["", ""]])

    assert (result.outcome, result.points) == ("failed", Decimal(0))
    assert result.message == "Nothing is written in s, x or s, y."


def test_a_table_may_earn_a_share() -> None:
    assert judged(SHARED, [["1 GB", "2"], ["3", "5"]]).points == Decimal("0.75")
    assert judged(SHARED, [["1 GB", "2"], ["x", ""]]).points == Decimal("0.5")
    assert judged(TABLE, [["1 GB", "2"], ["3", "5"]]).points == 0


@given(st.text(max_size=50))
def test_no_text_breaks_the_judge_or_earns_by_chance(typed: str) -> None:
    for answer in (BYTES, FORMULA, ONE, SOME):
        result = judged(answer, typed)
        assert result.outcome in ("passed", "failed", "error", "not_run")
        assert result.points == (1 if result.outcome == "passed" else 0)


@given(st.integers(1, 10**15), st.sampled_from(["kB", "MB", "GB", "KiB", "MiB", "GiB"]))
def test_the_right_amount_is_right_in_every_unit(count: int, unit: str) -> None:
    answer = question(f'kind = "number"\nvalue = "{count} B"')
    factor = {"k": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
    typed = Decimal(count) / factor[unit.removesuffix("B")]
    assert judged(answer, f"{typed:.20f} {unit}").outcome == "passed"
