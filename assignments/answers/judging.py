"""One typed answer against the right one: how it ended, and what it is worth."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

from assignments.answers.amounts import read_amount
from assignments.answers.errors import Unreadable, quoted
from assignments.answers.expressions import Expression, sample
from assignments.answers.typed import Given, canonical, is_blank
from assignments.spec import AnswerKind, AnswerSpec, AssignmentSpec

PASSED, FAILED, UNREADABLE, UNANSWERED = "passed", "failed", "error", "not_run"
_SMALLEST = Decimal("0.000001")
_PRECISION = 60
_NO_ANSWER = "No answer was given."


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of one question."""

    answer: AnswerSpec
    problem: str
    outcome: str
    points: Decimal
    message: str = ""
    """What the student may know; empty where the comparison speaks for itself."""
    staff_message: str = ""
    """What was given, and what is right."""


def judge_answers(spec: AssignmentSpec, given: Mapping[str, Given]) -> tuple[Judged, ...]:
    """Judge every question of a homework, in order."""
    return tuple(
        _judged(answer, problem.id, given.get(answer.id, ""))
        for problem in spec.problems
        for answer in problem.answers
    )


def unreadable(answer: AnswerSpec, given: Given) -> str:
    """Why an answer cannot be read and how to write it; empty when it can, or is not there yet."""
    judged = _judged(answer, "", given, gaps=True)
    return judged.message if judged.outcome == UNREADABLE else ""


def _judged(answer: AnswerSpec, problem: str, given: Given, *, gaps: bool = False) -> Judged:
    """Judge one answer; with `gaps`, nothing is said of what a table still lacks."""
    if is_blank(given):
        return Judged(answer, problem, UNANSWERED, Decimal(0), _NO_ANSWER)
    with localcontext() as context:
        context.prec = _PRECISION
        if answer.kind is AnswerKind.CHOICE:
            return _judged_choice(answer, problem, given)
        return _judged_cells(answer, problem, given, gaps=gaps)


def _judged_choice(answer: AnswerSpec, problem: str, given: Given) -> Judged:
    try:
        chosen = _chosen(answer, given)
    except Unreadable as error:
        return Judged(answer, problem, UNREADABLE, Decimal(0), _sentence(f"{error}", answer))
    right = chosen == set(answer.right)
    outcome, points = (PASSED, answer.points) if right else (FAILED, Decimal(0))
    said = f"Chosen: {', '.join(sorted(chosen))}. Right: {', '.join(sorted(answer.right))}."
    return Judged(answer, problem, outcome, points, "", "" if right else said)


def _chosen(answer: AnswerSpec, given: Given) -> set[str]:
    parts = [given] if isinstance(given, str) else [part for part in given if isinstance(part, str)]
    names = [name for part in parts for name in re.split(r"[\s,;]+", part) if name]
    folded = {name.casefold(): name for name in answer.options}
    listed = ", ".join(answer.options)
    for name in names:
        if name.casefold() not in folded:
            raise Unreadable(f"{quoted(name)} is not one of the options: they are {listed}")
    if len(names) > 1 and not answer.several:
        raise Unreadable(f"{quoted(' '.join(names))} are several options: choose one of {listed}")
    return {folded[name.casefold()] for name in names}


def _judged_cells(answer: AnswerSpec, problem: str, given: Given, *, gaps: bool) -> Judged:
    try:
        rows = _shaped(answer, given)
    except Unreadable as error:
        return Judged(answer, problem, UNREADABLE, Decimal(0), _sentence(f"{error}", answer))
    told: list[str] = []
    wrong: list[str] = []
    empty: list[str] = []
    for place, typed, right in _pairs(answer, rows):
        try:
            if not typed.strip():
                empty.append(place)
            elif not _matches(answer, typed, right):
                wrong.append(f"{_before(place)}{quoted(typed)} is wrong, right is {right}")
        except Unreadable as error:
            told.append(f"{_before(place)}{error}")
    outcome = UNREADABLE if told else FAILED if wrong or empty else PASSED
    count = answer.shape[0] * answer.shape[1]
    points = _worth(answer, count - len(told) - len(wrong) - len(empty), count)
    if empty and not gaps:
        told.append(f"{'nothing' if told else 'Nothing'} is written in {' or '.join(empty)}")
    for_staff = f"{'; '.join([*told, *wrong])} (tolerance {answer.tolerance.text or '0.0001 %'})."
    return Judged(
        answer,
        problem,
        outcome,
        points,
        _sentence("; ".join(told), answer) if told else "",
        for_staff if told or wrong else "",
    )


def _before(place: str) -> str:
    return f"{place}: " if place else ""


def _worth(answer: AnswerSpec, good: int, count: int) -> Decimal:
    if good == count:
        return answer.points
    if not answer.partial or not good:
        return Decimal(0)
    return (answer.points * good / count).quantize(_SMALLEST, ROUND_HALF_UP)


def _sentence(text: str, answer: AnswerSpec) -> str:
    # A table's begins with the name of a cell, which is written as it is.
    return f"{text}." if answer.is_grid else f"{text[:1].upper()}{text[1:]}."


def _shaped(answer: AnswerSpec, given: Given) -> list[list[str]]:
    """The typed cells in the question's shape, or `Unreadable`."""
    rows, columns = answer.shape
    given = canonical(answer, given)
    table = [[given]] if isinstance(given, str) else [_row(row) for row in given]
    if len(table) == rows and all(len(row) == columns for row in table):
        return table
    if answer.is_grid:
        raise Unreadable(f"a list of {rows} rows with {columns} values each is asked for")
    raise Unreadable("one value is asked for, and not a list")


def _row(row: str | list[str]) -> list[str]:
    return [row] if isinstance(row, str) else row


def _pairs(answer: AnswerSpec, rows: list[list[str]]) -> Iterator[tuple[str, str, str]]:
    for i, (typed, right) in enumerate(zip(rows, answer.values, strict=True)):
        for j, (cell, value) in enumerate(zip(typed, right, strict=True)):
            yield (cell_name(answer, i, j) if answer.is_grid else ""), cell, value


def cell_name(answer: AnswerSpec, row: int, column: int) -> str:
    """What a cell is called, for people."""
    first = answer.rows[row] if answer.rows else f"row {row + 1}"
    second = answer.columns[column] if answer.columns else f"column {column + 1}"
    return f"{first}, {second}"


def _matches(answer: AnswerSpec, typed: str, right: str) -> bool:
    if answer.variables:
        return _same_formula(answer, typed, right)
    wanted = read_amount(right)
    given = read_amount(typed, wanted.unit)
    allowed = answer.tolerance.amount * (abs(wanted.value) if answer.tolerance.relative else 1)
    return abs(given.value - wanted.value) <= allowed


def _same_formula(answer: AnswerSpec, typed: str, right: str) -> bool:
    given, wanted = Expression(typed, answer.variables), Expression(right, answer.variables)
    share = float(answer.tolerance.amount)
    for point in sample(answer.id, answer.variables):
        found, expected = given.at(point), wanted.at(point)
        if found is None or expected is None:
            return False
        allowed = share * (abs(expected) if answer.tolerance.relative else 1.0)
        if abs(found - expected) > allowed:
            return False
    return True
