"""What was typed into the questions of a homework's page, out of a form's fields."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import QueryDict

from grader.queries.questions import Question, QuestionGroup

CAME = "answers"
"""The hidden field by which one can tell that the form had the questions in it."""
Typed = str | list[str] | list[list[str]]


def typed_answers(form: QueryDict, groups: Iterable[QuestionGroup]) -> dict[str, Typed] | None:
    """The answers by question; None where the form did not ask for them."""
    if CAME not in form:
        return None
    return {q.id: _typed(form, q) for group in groups for q in group.questions}


def _typed(form: QueryDict, question: Question) -> Typed:
    if question.several:
        return form.getlist(question.name)
    if not question.is_grid:
        return form.get(question.name, "")
    return [[form.get(field.name, "") for field in fields] for _, fields in question.rows]
