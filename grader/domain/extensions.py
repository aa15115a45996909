"""Extensions: a student, a section or a whole homework may have a later deadline."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from grader.domain.wall_clock import instant


def effective_due(due: datetime, extensions: Iterable[datetime]) -> datetime:
    """The deadline that holds: the latest of all. An extension never makes it earlier."""
    return max((due, *extensions), key=instant)
