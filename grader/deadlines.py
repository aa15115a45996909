"""The deadline that holds for a student: the homework's, or the latest extension that fits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from grader.domain.extensions import effective_due
from grader.models import Assignment, Extension, Membership


def due_for(assignment: Assignment, student: Membership) -> datetime:
    """When the homework is due for one student."""
    return dues_for([assignment], student)[assignment.pk]


def dues_for(assignments: Iterable[Assignment], student: Membership) -> dict[int, datetime]:
    """When each homework is due for one student, by the homework's key; one query for all."""
    wanted = list(assignments)
    extensions = Extension.objects.filter(assignment__in=wanted)
    fitting = [e for e in extensions if _fits(e, student)]
    return {
        assignment.pk: effective_due(
            assignment.due_at, [e.due_at for e in fitting if e.assignment_id == assignment.pk]
        )
        for assignment in wanted
    }


def _fits(extension: Extension, student: Membership) -> bool:
    if extension.student_id is not None:
        return extension.student_id == student.pk
    if extension.section_id is not None:
        return extension.section_id == student.section_id
    return True
