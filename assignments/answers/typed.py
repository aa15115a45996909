"""Answers as they were typed: texts by question, out of TOML and back into it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from assignments.answers import ANSWERS_FILE
from assignments.answers.amounts import read_amount
from assignments.answers.text import storable
from assignments.answers.units import examples
from assignments.errors import UploadRejected
from assignments.fields import near_miss
from assignments.names import shown
from assignments.spec import AnswerKind, AnswerSpec, AssignmentSpec

MAX_BYTES = 100_000
MAX_LINE = 4_000
"""A key of a hundred thousand parts would cost a parser gigabytes; no answer needs a long line."""
_NAMED = 5

Given = str | list[str] | list[list[str]]
"""A text, some texts, or rows of texts. Plain values, for they are kept in a JSON column."""


@dataclass(frozen=True, slots=True)
class Typed:
    """The answers of one file: only those that say something."""

    answers: Mapping[str, Given]
    notices: tuple[str, ...] = ()

    def with_others(self, place: str, others: Typed) -> Typed:
        """These and those of another place; `UploadRejected` where the two say different things."""
        for id_ in self.answers.keys() & others.answers.keys():
            if self.answers[id_] != others.answers[id_]:
                raise UploadRejected(
                    f"{id_} has one answer in {ANSWERS_FILE} and another one in {place}: keep one "
                    "of the two and upload again."
                )
        return Typed({**self.answers, **others.answers}, (*self.notices, *others.notices))


def read_answers_text(name: str, text: str, spec: AssignmentSpec) -> Typed:
    """Read `id = "..."` lines. Raises `UploadRejected` for what is no TOML."""
    if len(text) > MAX_BYTES or any(len(line) > MAX_LINE for line in text.split("\n")):
        raise UploadRejected(f"{name} is too large: a line or a few for each answer are enough.")
    try:
        values = tomllib.loads(text, parse_float=str)
    except RecursionError:
        raise UploadRejected(f"{name} is nested too deeply: write a list of rows.") from None
    except ValueError as error:
        raise UploadRejected(
            f'{name} cannot be read ({error}): write each answer in quotes, such as x = "2.6 GB", '
            "and a table as a list of rows."
        ) from None
    known = {answer.id: answer for answer in spec.answers}
    given = {id_: found for id_, value in values.items() if (found := _given(value)) is not None}
    # A choice of nothing but commas says nothing either, as its canonical form shows.
    whole = {id_: canonical(known[id_], given[id_]) for id_ in given if id_ in known}
    answers = {id_: value for id_, value in whole.items() if not is_blank(value)}
    return Typed(answers, tuple(_notices(name, values, given, known)))


def read_answers_file(name: str, data: bytes, spec: AssignmentSpec) -> Typed:
    """Read an `answers.toml`. Raises `UploadRejected`."""
    if len(data) > MAX_BYTES:
        raise UploadRejected(f"{name} is too large: a line or a few for each answer are enough.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UploadRejected(f"{name} is not UTF-8: save it as UTF-8 and upload again.") from None
    return read_answers_text(name, text, spec)


def is_blank(value: Given) -> bool:
    """Whether nothing was typed, in none of the fields."""
    return not any(cell.strip() for cell in _cells(value))


def tidied(spec: AssignmentSpec, answers: Mapping[str, Given]) -> dict[str, Given]:
    """Answers from elsewhere than a file, as they would have been read from one."""
    return {
        answer.id: canonical(answer, _storable(answers[answer.id]))
        for answer in spec.answers
        if answer.id in answers
    }


def _storable(value: Any) -> Any:
    return storable(value) if isinstance(value, str) else [_storable(part) for part in value]


def canonical(answer: AnswerSpec, value: Given) -> Given:
    """The one form of what can be written in several: a list of one, a row alone, `a, c`."""
    if answer.kind is AnswerKind.CHOICE:
        return _canonical_choice(answer, value)
    flat = isinstance(value, list) and all(isinstance(part, str) for part in value)
    if not answer.is_grid and flat and len(value) == 1:
        return value[0]
    if answer.is_grid and flat and value and answer.shape == (1, len(value)):
        return [list(_cells(value))]
    return value


def _canonical_choice(answer: AnswerSpec, value: Given) -> Given:
    order = {name.casefold(): name for name in answer.options}
    names = list(filter(None, re.split(r"[\s,;]+", " ".join(_cells(value)).casefold())))
    if any(name not in order for name in names) or (len(names) > 1 and not answer.several):
        return value  # unreadable, and shown as it was written
    chosen = [name for folded, name in order.items() if folded in names]
    return chosen if answer.several else "".join(chosen)


def typed_text(answer: AnswerSpec, value: Given) -> str:
    """An answer for people to read: what was chosen on lines of its own, a table row by row."""
    if is_blank(value):
        return ""
    if answer.options:
        chosen = list(filter(None, _cells(value)))
        return "\n".join(f"{name}: {answer.options.get(name, '?')}" for name in chosen)
    rows = value if isinstance(value, list) else [value]
    return "\n".join(" | ".join(cell or "-" for cell in _cells(row)) for row in rows)


def _cells(value: Given) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        return
    for part in value:
        yield from _cells(part)


def _given(value: Any) -> Given | None:
    """A value as texts; None where it is something else than texts and numbers."""
    if not isinstance(value, list):
        return _text(value)
    rows = [[_text(c) for c in row] if isinstance(row, list) else _text(row) for row in value]
    flat = [cell for row in rows for cell in (row if isinstance(row, list) else [row])]
    if None in flat or len({isinstance(row, list) for row in rows}) > 1:
        return None
    return rows  # type: ignore[return-value]  # all of one kind, as the line above says


def _text(value: Any) -> str | None:
    """Numbers are as they were written: floats are never made of them."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return storable(f"{value}")


def _notices(
    name: str,
    values: Mapping[str, Any],
    given: Mapping[str, Given],
    known: Mapping[str, AnswerSpec],
) -> Iterator[str]:
    strange = [id_ for id_ in values if id_ not in known]
    for id_ in strange[:_NAMED]:
        near = near_miss(id_, known).replace("'", "")
        yield f"{name} answers {shown(id_)}, which this homework does not ask for. {near}".strip()
    if len(strange) > _NAMED:
        yield f"{name} answers {len(strange) - _NAMED} more questions that nobody asked."
    for id_ in (id_ for id_ in values if id_ in known and id_ not in given):
        yield f"{name}: {id_} could not be read, and counts as not answered. {how_to(known[id_])}"


def how_to(answer: AnswerSpec) -> str:
    """How an answer is written in TOML, as a sentence."""
    rows, columns = answer.shape
    match answer.kind:
        case AnswerKind.CHOICE if answer.several:
            some = toml_value(list(answer.options)[:2])
            return f"Write the names of all that apply, such as {some}."
        case AnswerKind.CHOICE:
            return f"Write one of: {', '.join(answer.options)}."
        case AnswerKind.EXPRESSION:
            return f"Write a formula in {', '.join(answer.variables)}, in quotes."
        case AnswerKind.NUMBER:
            units = examples(read_amount(answer.values[0][0]).unit)
            return f"Write a number with its unit, such as {units}." if units else "Write a number."
    what = "formula" if answer.variables else "value"
    each = what if columns == 1 else f"{what}s"
    if answer.variables:
        each += f" in {', '.join(answer.variables)}"
    return f"Write a list of {rows} rows with {columns} {each} each."


def right_answers(spec: AssignmentSpec) -> dict[str, Given]:
    """The declared answers, as a student would type them."""
    return {answer.id: _right(answer) for answer in spec.answers}


def _right(answer: AnswerSpec) -> Given:
    if answer.kind is AnswerKind.CHOICE:
        return list(answer.right) if answer.several else answer.right[0]
    return [list(row) for row in answer.values] if answer.is_grid else answer.values[0][0]


def as_file(answers: Mapping[str, Given]) -> bytes:
    """Write answers as an `answers.toml` that reads back as the same."""
    return "".join(f"{id_} = {toml_value(value)}\n" for id_, value in answers.items()).encode()


def toml_value(value: Given) -> str:
    """Write one answer as TOML. What people type is the same in Python."""
    if isinstance(value, str):
        # A JSON string is a TOML string, but for the one control character that JSON leaves as is.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    between = ",\n" if any(isinstance(part, list) for part in value) else ", "
    return f"[{between.join(map(toml_value, value))}]"
