"""Turns an exception of student code into plain data for the judge."""

from __future__ import annotations

import builtins
import traceback
from typing import Any

_MESSAGE = 2_000
_FRAMES = 12
JUDGE_MARK = "sandglass_judge"
"""The attribute of an exception that a function of the judge raised: its number over there."""


def describe(error: BaseException, origins: frozenset[str]) -> dict[str, Any]:
    """The exception's builtin class, its own classes if it has some, its text, and where it arose.

    `origins` are the submission's file names; other frames say nothing to a student.
    """
    return {
        "builtin": builtin_base(type(error)),
        "classes": own_classes(type(error)),
        "message": _text(error),
        "where": _where(error, origins),
        "judge": getattr(error, JUDGE_MARK, None),
    }


def builtin_base(kind: type[BaseException]) -> str:
    """The nearest builtin class."""
    for base in kind.__mro__:
        if getattr(builtins, base.__name__, None) is base:
            return str(base.__name__)
    return "Exception"


def own_classes(kind: type[BaseException]) -> list[str]:
    """The names of the classes that are not builtin, from the exception's own upwards."""
    own = [base for base in kind.__mro__ if base.__module__ != "builtins"]
    return [f"{base.__module__}.{base.__qualname__}"[:200] for base in own[:8]]


def _text(error: BaseException) -> str:
    try:
        text = str(error)
    except BaseException:  # noqa: BLE001 - the student's own __str__ may do anything
        text = ""
    return text.encode("utf-8", "replace").decode()[:_MESSAGE]


def _where(error: BaseException, origins: frozenset[str]) -> list[tuple[str, int, str]]:
    if isinstance(error, SyntaxError) and error.filename in origins:
        return [(str(error.filename), int(error.lineno or 0), "")]
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename in origins]
    return [(frame.filename, int(frame.lineno or 0), frame.name) for frame in own[-_FRAMES:]]
