"""What a new submission takes over from the one before: answers, question by question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")


def merged_answers(
    stored: Mapping[str, T], own: Mapping[str, T], form: Mapping[str, T] | None
) -> dict[str, T]:
    """The answers of a submission, each from the place where it was written last.

    stored: those of the submission before
    own: those in the files that come now
    form: all fields of the page, which began with what is stored; None if no form came along
    """
    if form is None:
        return {**stored, **own}
    changed = {name for name, value in form.items() if value != stored.get(name)}
    taken = {name: value for name, value in own.items() if name not in changed}
    return {**stored, **form, **taken}
