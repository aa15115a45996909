"""`[[problems.answers]]` of an `assignment.toml` as specs: every mistake becomes a fault."""

from __future__ import annotations

import keyword
import re
from dataclasses import replace
from decimal import Decimal

from assignments.answers.amounts import Amount, read_amount
from assignments.answers.errors import Unreadable
from assignments.answers.expressions import CONSTANTS, FUNCTIONS, Expression, Ranges, sample
from assignments.fields import Table
from assignments.spec import AnswerKind, AnswerSpec, ProblemSpec, ToleranceSpec

MAX_CELLS = 200
_ID = re.compile(r"[a-z][a-z0-9_]{0,59}")
_OPTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,19}")
_DEFAULT = ToleranceSpec(Decimal("0.000001"))


def read_answers(problem: Table) -> tuple[AnswerSpec, ...]:
    """The questions of one problem, in order."""
    return tuple(_answer(table) for table in problem.tables("answers"))


def check_answers(problems: tuple[ProblemSpec, ...], table: Table) -> None:
    """What no question can know alone: ids are unique in the homework, and points add up."""
    seen: dict[str, str] = {}
    for number, problem in enumerate(problems, start=1):
        for position, answer in enumerate(problem.answers, start=1):
            place = f"problems[{number}].answers[{position}]"
            if answer.id and answer.id in seen:
                message = f"is {answer.id!r}, as in {seen[answer.id]}."
                remedy = "Give each question of the homework an id of its own."
                table.fault(f"{place}.id", message, remedy)
            seen.setdefault(answer.id, place)
        total = sum((answer.points for answer in problem.answers), Decimal(0))
        if problem.answers and total != problem.points:
            message = f"is {problem.points}, but the points of its answers add up to {total}."
            table.fault(f"problems[{number}].points", message, "Make them agree.")


def _answer(table: Table) -> AnswerSpec:
    named = table.choice("kind", [kind.value for kind in AnswerKind])
    kind = AnswerKind(named or AnswerKind.NUMBER)
    answer = AnswerSpec(
        id=table.text("id"),
        title=table.text("title"),
        text=table.text("text", ""),
        kind=kind,
        points=table.required_decimal("points"),
        hint=table.text("hint", ""),
    )
    if answer.id and not _ID.fullmatch(answer.id):
        remedy = "Use small letters, digits and '_', and begin with a letter."
        table.fault("id", f"is {answer.id!r}.", remedy)
    if named:  # else nobody knows which keys belong to it
        answer = _READERS[kind](answer, table)
        table.finish()
    return answer


def _number(answer: AnswerSpec, table: Table) -> AnswerSpec:
    return _measured(replace(answer, values=((table.written("value"),),)), table, "value")


def _expression(answer: AnswerSpec, table: Table) -> AnswerSpec:
    answer = replace(answer, values=((table.written("value"),),), variables=_variables(table))
    if not table.has("variables"):
        table.fault("variables", "is missing.", "Write: variables = { N = [2, 64] }")
    return _measured(answer, table, "value") if answer.variables else answer


def _table(answer: AnswerSpec, table: Table) -> AnswerSpec:
    rows, columns = table.texts("rows"), table.texts("columns")
    answer = replace(answer, rows=rows, columns=columns, values=table.grid("values"))
    shape = (len(rows), len(columns))
    if answer.values and rows and columns and answer.shape != shape:
        message = f"is {answer.shape[0]} rows of {answer.shape[1]}."
        table.fault("values", message, f"The headings ask for {shape[0]} rows of {shape[1]}.")
    return _grid(answer, table)


def _matrix(answer: AnswerSpec, table: Table) -> AnswerSpec:
    return _grid(replace(answer, values=table.grid("values")), table)


def _grid(answer: AnswerSpec, table: Table) -> AnswerSpec:
    if answer.shape[0] * answer.shape[1] > MAX_CELLS:
        table.fault("values", "is too large.", f"Ask for at most {MAX_CELLS} values.")
    partial = table.flag("partial", default=False)
    answer = replace(answer, partial=partial, variables=_variables(table))
    return _measured(answer, table, "values")


def _choice(answer: AnswerSpec, table: Table) -> AnswerSpec:
    options = table.text_map("options")
    if len(options) < 2:  # noqa: PLR2004 - else there is no choice
        table.fault("options", "leaves no choice.", 'Write: options = { a = "...", b = "..." }')
    for name in options:
        if not _OPTION.fullmatch(name):
            remedy = "Use a short name of letters and digits."
            table.fault("options", f"names an option {name!r}.", remedy)
    several = table.is_list("value")
    right = table.texts("value") if several else (table.text("value"),)
    for name in right:
        if name and options and name not in options:
            remedy = f"Use some of: {', '.join(options)}."
            table.fault("value", f"is {name!r}, which is no option.", remedy)
    if several and table.has("value") and not right:
        table.fault("value", "is empty.", "At least one option must be right.")
    return replace(answer, options=options, right=right, several=several)


_READERS = {
    AnswerKind.NUMBER: _number,
    AnswerKind.EXPRESSION: _expression,
    AnswerKind.CHOICE: _choice,
    AnswerKind.TABLE: _table,
    AnswerKind.MATRIX: _matrix,
}


def _variables(table: Table) -> Ranges:
    ranges = table.ranges("variables")
    for name, (low, high) in ranges.items():
        if not name.isidentifier() or not name.isascii() or keyword.iskeyword(name):
            table.fault("variables", f"names {name!r}.", "Use a name such as N or d_model.")
        elif name in FUNCTIONS or name in CONSTANTS:
            table.fault("variables", f"names {name!r}, which has a meaning.", "Rename it.")
        if low >= high:
            remedy = "Write the smaller end first, such as [2, 64]."
            table.fault("variables", f"gives {name} the range {low} to {high}.", remedy)
    return ranges


def _measured(answer: AnswerSpec, table: Table, key: str) -> AnswerSpec:
    """Read every right value as a student's would be, and the tolerance that fits them."""
    amounts: list[Amount] = []
    sound = True
    for cell in (cell for row in answer.values for cell in row if cell):
        try:
            if answer.variables:
                sound &= _check_formula(answer, Expression(cell, answer.variables), table, key)
            else:
                amounts.append(read_amount(cell))
        except Unreadable as error:
            table.fault(key, f"is wrong: {error}".rstrip(".") + ".")
            sound = False
    tolerance = _tolerance(table, amounts)
    if (
        sound
        and tolerance.text
        and tolerance.relative
        and any(not amount.value for amount in amounts)
    ):
        remedy = "Write it as a number, such as 0.001, with the unit of the value."
        table.fault("tolerance", "is a share of the right value, which is zero.", remedy)
    return replace(answer, tolerance=tolerance)


def _check_formula(answer: AnswerSpec, formula: Expression, table: Table, key: str) -> bool:
    if all(low < high for low, high in answer.variables.values()):
        points = sample(answer.id, answer.variables)
        if any(formula.at(point) is None for point in points):
            message = "has no finite value somewhere in the ranges of its variables."
            table.fault(key, message, "Correct it, or narrow the ranges.")
            return False
    return True


def _tolerance(table: Table, amounts: list[Amount]) -> ToleranceSpec:
    written = table.written("tolerance", required=False)
    if not written:
        return _DEFAULT
    try:
        amount = read_amount(written)
        if amount.value <= 0:
            table.fault("tolerance", f"is {written!r}.", "Write one above zero.")
            return _DEFAULT
        if amount.unit.text and not amount.unit.dimension:
            return ToleranceSpec(amount.value, text=written)
        for value in amounts:
            read_amount(written, value.unit)
    except Unreadable as error:
        remedy = 'Write a share such as "1 %", or a distance with the unit of the value.'
        table.fault("tolerance", f"is {written!r}: {error}.", remedy)
        return _DEFAULT
    return ToleranceSpec(amount.value, relative=False, text=written)
