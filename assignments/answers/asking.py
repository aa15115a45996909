"""The questions as they are handed out: in an `answers.toml`, and in the homework's notebook."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from assignments.answers import ANSWERS_MARK
from assignments.answers.amounts import read_amount
from assignments.answers.typed import Given, how_to, toml_value
from assignments.answers.units import examples
from assignments.spec import AnswerKind, AnswerSpec, AssignmentSpec, ProblemSpec

_WIDTH = 96


def template(spec: AssignmentSpec) -> str:
    """The `answers.toml` of the handout: each question as a comment, and a place for its answer."""
    lines = [f"# Answers of {spec.title}", "#"]
    lines += _commented(
        "Write each answer between the quotes and upload this file with the others, or type the "
        "answers on the homework's page. What you leave empty is not answered."
    )
    for problem in spec.problems:
        if problem.answers:
            lines += ["", "", f"# ---- {problem.title} ({_worth(problem.points)})"]
        for answer in problem.answers:
            lines += ["", *_question(answer), *_field(answer)]
    return "\n".join(lines) + "\n"


def notebook_questions(problem: ProblemSpec) -> str:
    """A problem's questions as Markdown, for a cell of the notebook."""
    parts = [f"## {problem.title} ({_worth(problem.points)})"]
    for answer in problem.answers:
        options = "\n".join(f"- `{name}`: {text}" for name, text in answer.options.items())
        head = f"**{answer.title}** ({_worth(answer.points)}), `{answer.id}`"
        parts += [head, *filter(None, [answer.text.strip(), options]), how_to(answer)]
    return "\n\n".join(parts)


def notebook_cell(spec: AssignmentSpec, answers: Mapping[str, Given]) -> str:
    """The notebook's cell of answers: TOML that is Python too, so that it does no harm if run."""
    lines = [f"{ANSWERS_MARK}: this cell is read and not run; write each answer between quotes."]
    for answer in spec.answers:
        lines += ["", f"# {answer.title}", *_field(answer, answers.get(answer.id))]
    return "\n".join(lines)


def how_on_page(answer: AnswerSpec) -> str:
    """What to type, for a form: a sentence below the question."""
    units = dict.fromkeys(
        examples(read_amount(cell).unit)
        for row in answer.values
        for cell in row
        if not answer.variables
    )
    unit = next(iter(units)) if len(units) == 1 else ""
    each = " in each field" if answer.is_grid else ""
    match answer.kind:
        case AnswerKind.CHOICE:
            return "Choose all that apply." if answer.several else "Choose one."
        case _ if answer.variables:
            names = ", ".join(answer.variables)
            return f"A formula in {names}{each}, with + - * / ** and brackets."
        case _ if len(units) > 1:
            return f"A number{each}, with a unit where there is one."
    return f"A number{each}, with its unit, such as {unit}." if unit else f"A number{each}."


def _question(answer: AnswerSpec) -> list[str]:
    lines = _commented(f"{answer.title} ({_worth(answer.points)})")
    lines += _commented(answer.text)
    lines += [f"#   {name}: {text}" for name, text in answer.options.items()]
    lines += _commented(how_to(answer))
    return lines


def _worth(points: Decimal) -> str:
    return f"{points.normalize():f} point{'' if points == 1 else 's'}"


def _commented(text: str) -> list[str]:
    return [
        f"# {line}".rstrip()
        for paragraph in text.strip().splitlines()
        for line in textwrap.wrap(paragraph, _WIDTH) or [""]
    ]


def _field(answer: AnswerSpec, given: Given | None = None) -> list[str]:
    """Where the answer is written: empty, or with what is given."""
    if not answer.is_grid:
        return [f"{answer.id} = {toml_value(given or ([] if answer.several else ''))}"]
    rows, columns = answer.shape
    table: list[Any] = given if isinstance(given, list) else [[""] * columns] * rows
    head = [f"    #  {' | '.join(answer.columns)}"] if answer.columns else []
    names = answer.rows or [""] * rows
    body = [
        f"    {toml_value(row)},{f'  # {name}' if name else ''}"
        for row, name in zip(table, names, strict=True)
    ]
    return [f"{answer.id} = [", *head, *body, "]"]
