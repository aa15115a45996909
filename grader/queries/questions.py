"""The questions of a homework as its page asks them: never with what is right, nor with a hint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from assignments.answers.asking import how_on_page
from assignments.answers.judging import cell_name, judge_answers
from assignments.answers.typed import Given, is_blank
from assignments.spec import AnswerKind, AnswerSpec, AssignmentSpec


@dataclass(frozen=True, slots=True)
class Field:
    """One input of the form."""

    name: str
    label: str
    """What it is called where the eye sees it by its place in a table."""
    value: str


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose."""

    name: str
    text: str
    """In Markdown."""
    chosen: bool


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its inputs, filled in with what was typed last."""

    id: str
    title: str
    text: str
    """In Markdown."""
    points: Decimal
    how: str
    """What to type, in a sentence."""
    kind: str
    several: bool
    columns: tuple[str, ...]
    options: tuple[Option, ...]
    rows: tuple[tuple[str, tuple[Field, ...]], ...]
    """Rows of inputs, each with its heading; a single input is one row without."""
    answered: bool
    """Whether something was typed."""
    standing: str
    """How the answer of the latest submission ended: a check's outcome; empty if it has none."""

    @property
    def name(self) -> str:
        """The name of its input or inputs in the form."""
        return field_name(self.id)

    @property
    def chosen(self) -> bool:
        """Whether one of its options is chosen."""
        return any(option.chosen for option in self.options)

    @property
    def is_grid(self) -> bool:
        """Whether it has a table of inputs."""
        return self.kind in (AnswerKind.TABLE, AnswerKind.MATRIX)

    @property
    def field(self) -> Field:
        """Its only input."""
        return self.rows[0][1][0]


@dataclass(frozen=True, slots=True)
class QuestionGroup:
    """The questions of one problem."""

    title: str
    points: Decimal
    questions: tuple[Question, ...]


def field_name(question: str, row: int | None = None, column: int | None = None) -> str:
    """What an input is called in the form: `answer-q`, or `answer-q-0-1` in a table."""
    return f"answer-{question}" if row is None else f"answer-{question}-{row}-{column}"


def questions_of(
    spec: AssignmentSpec, answers: Mapping[str, Given], *, told: bool
) -> tuple[QuestionGroup, ...]:
    """The form, filled in; with `told`, also how these answers ended."""
    ends = {judged.answer.id: judged.outcome for judged in judge_answers(spec, answers)}
    return tuple(
        QuestionGroup(
            problem.title,
            problem.points,
            tuple(
                _question(answer, answers.get(answer.id, ""), ends[answer.id] if told else "")
                for answer in problem.answers
            ),
        )
        for problem in spec.problems
        if problem.answers
    )


def _question(answer: AnswerSpec, given: Given, end: str) -> Question:
    return Question(
        id=answer.id,
        title=answer.title,
        text=answer.text,
        points=answer.points,
        how=how_on_page(answer),
        kind=answer.kind.value,
        several=answer.several,
        columns=answer.columns,
        options=tuple(
            Option(name, text, chosen=name == given or name in given)
            for name, text in answer.options.items()
        ),
        rows=() if answer.kind is AnswerKind.CHOICE else _rows(answer, given),
        answered=not is_blank(given),
        standing="" if is_blank(given) else end,
    )


def _rows(answer: AnswerSpec, given: Given) -> tuple[tuple[str, tuple[Field, ...]], ...]:
    if not answer.is_grid:
        typed = given if isinstance(given, str) else ", ".join(map(str, given))
        return (("", (Field(field_name(answer.id), answer.title, typed),)),)
    headings = answer.rows or [""] * answer.shape[0]
    return tuple(
        (heading, tuple(_cell(answer, given, i, j) for j in range(answer.shape[1])))
        for i, heading in enumerate(headings)
    )


def _cell(answer: AnswerSpec, given: Given, row: int, column: int) -> Field:
    label = f"{answer.title}: {cell_name(answer, row, column)}"
    typed = given[row] if isinstance(given, list) and row < len(given) else []
    value = typed[column] if isinstance(typed, list) and column < len(typed) else ""
    return Field(field_name(answer.id, row, column), label, value)
