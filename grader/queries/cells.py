"""What the cells of a gradebook are made of, read for all students at once.

No row of a model is made for a cell: for a thousand students that would take longer than all else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from django.db.models import Q

from grader.domain.gradebook import Cell, CellState, Column, ColumnKind, decided_by
from grader.domain.lateness import deadline_end
from grader.domain.overrides import OverrideKind
from grader.domain.states import ACTIVE, JobState
from grader.models import (
    Assignment,
    Course,
    ExamScore,
    Extension,
    GradeEntry,
    Membership,
    Override,
    Submission,
)

Place = tuple[ColumnKind, int, int]
"""Of a cell: the kind and key of its column, and the key of the student's membership."""
_UNSCORED = [state for state in JobState if state != JobState.DONE]
_ENDS = {JobState.FAULT: CellState.FAULT, JobState.REJECTED: CellState.REJECTED}


class _Scored(NamedTuple):
    """What counts for a student in a homework."""

    raw: Decimal
    late_days: int
    slip_days: int
    penalty: Decimal
    final: Decimal
    possible: Decimal
    submission_id: int


class _Unscored(NamedTuple):
    """The newest upload that has no score, the state of its job, and whether any still waits."""

    submission_id: int
    state: JobState
    waits: bool


class Cells:
    """Reads everything when it is made, five queries, and then makes cells of it."""

    def __init__(
        self,
        course: Course,
        homeworks: Iterable[Assignment],
        *,
        now: datetime,
        student: Membership | None,
        decisions_in: Iterable[Column],
    ) -> None:
        """Read the grades of a course, or of one student of it.

        decisions_in: the columns whose exam points and overrides the reader may know
        """
        of = {"student": student} if student else {}
        shown = {(column.kind, column.pk) for column in decisions_in}
        self.now = now
        self.homeworks = {row.pk: row for row in homeworks}
        self.scored = dict(_scored(course, of))
        self.unscored = _unscored(course, of)
        self.points = {place: points for place, points in _points(course, of) if place[:2] in shown}
        self.overrides = {
            place: decision for place, decision in _overrides(course, of) if place[:2] in shown
        }
        self.extensions = _extensions(course)
        # What a zone's clock shows is slow to compute, and most students have the same deadline.
        self.is_past = cache(lambda due: now >= deadline_end(due, course.late_policy, course.zone))

    def of(self, column: Column, member: int, section: int | None) -> Cell:
        """The cell of a student, known by membership and section."""
        place = (column.kind, column.pk, member)
        if column.kind == ColumnKind.EXAM:
            cell = self._exam(column, place)
        else:
            cell = self._homework(column, place, section)
        decision = self.overrides.get(place)
        return cell if decision is None else decided_by(cell, *decision)

    def _exam(self, column: Column, place: Place) -> Cell:
        points = self.points.get(place)
        if points is None:
            return Cell(CellState.NOT_GRADED, possible=column.possible)
        return Cell(
            CellState.SCORED,
            raw=points,
            computed=points,
            final=points,
            possible=column.possible,
            decided=True,
        )

    def _homework(self, column: Column, place: Place, section: int | None) -> Cell:
        homework = self.homeworks[column.pk]
        due = self._due(homework, place[2], section)
        extension = due > homework.due_at
        scored, unscored = self.scored.get(place), self.unscored.get(place)
        if scored is None:
            return self._without_score(column, due, unscored, extension=extension)
        return Cell(
            CellState.SCORED,
            raw=scored.raw,
            late_days=scored.late_days,
            slip_days=scored.slip_days,
            penalty=scored.penalty,
            computed=scored.final,
            final=scored.final,
            possible=scored.possible,
            submission_id=scored.submission_id,
            extension=extension,
            decided=True,
            newer_waits=unscored is not None and unscored.waits,
        )

    def _without_score(
        self, column: Column, due: datetime, unscored: _Unscored | None, *, extension: bool
    ) -> Cell:
        cell = Cell(CellState.MISSING, possible=column.possible, extension=extension)
        if unscored is not None:
            state = (
                CellState.GRADING
                if unscored.waits
                else _ENDS.get(unscored.state, CellState.GRADING)
            )
            cell = replace(cell, state=state, submission_id=unscored.submission_id)
        elif column.possible is None or self.now < self.homeworks[column.pk].opens_at:
            return replace(cell, state=CellState.NOT_OPEN)
        # What cannot be graded is as if it were not there; a fault of ours decides nothing.
        lost = cell.state in (CellState.MISSING, CellState.REJECTED) and self.is_past(due)
        return replace(cell, decided=True) if lost else cell

    def _due(self, homework: Assignment, member: int, section: int | None) -> datetime:
        later = [
            due
            for student, of_section, due in self.extensions.get(homework.pk, ())
            if (student == member if student else of_section in (None, section))
        ]
        return max((homework.due_at, *later))


def _scored(course: Course, of: dict[str, Membership]) -> Iterator[tuple[Place, _Scored]]:
    rows: Any = GradeEntry.objects.filter(assignment__course=course, **of).values_list(
        "assignment",
        "student",
        "score__raw",
        "score__late_days",
        "score__slip_days",
        "score__penalty",
        "score__final",
        "score__possible",
        "score__submission",
    )
    for homework, student, *values in rows:
        yield (ColumnKind.HOMEWORK, homework, student), _Scored(*values)


def _unscored(course: Course, of: dict[str, Membership]) -> dict[Place, _Unscored]:
    """Of each student and homework, what its newest upload without a score has come to."""
    # Each submission is written together with its job; one without still waits for it.
    open_ = Q(jobs__isnull=True) | Q(jobs__shadow=False, jobs__state__in=_UNSCORED)
    rows = Submission.objects.filter(open_, assignment__course=course, **of)
    # The newest of a submission's jobs comes last, and the newest submission of a student's.
    ordered = rows.order_by("received_at", "pk", "jobs__pk").values_list(
        "assignment", "student", "pk", "jobs__state"
    )
    found: dict[Place, _Unscored] = {}
    for homework, student, key, state in ordered:
        place = (ColumnKind.HOMEWORK, homework, student)
        at = JobState(state or JobState.QUEUED)
        waits = at in ACTIVE or (place in found and found[place].waits)
        found[place] = _Unscored(key, at, waits)
    return found


def _points(course: Course, of: dict[str, Membership]) -> Iterator[tuple[Place, Decimal | None]]:
    """What was entered, the newest last."""
    rows = ExamScore.objects.filter(exam__course=course, **of).order_by("pk")
    for exam, student, points in rows.values_list("exam", "student", "points"):
        yield (ColumnKind.EXAM, exam, student), points


def _overrides(
    course: Course, of: dict[str, Membership]
) -> Iterator[tuple[Place, tuple[OverrideKind, Decimal | None]]]:
    """What was decided, the newest last."""
    in_course = Q(assignment__course=course) | Q(exam__course=course)
    rows = Override.objects.filter(in_course, **of).order_by("pk")
    for homework, exam, student, kind, points in rows.values_list(
        "assignment", "exam", "student", "kind", "points"
    ):
        column = (ColumnKind.EXAM, exam) if homework is None else (ColumnKind.HOMEWORK, homework)
        yield (*column, student), (OverrideKind(kind), points)


def _extensions(course: Course) -> dict[int, list[tuple[int | None, int | None, datetime]]]:
    """Those that hold: by homework, for whom, and until when."""
    rows = Extension.objects.filter(assignment__course=course, revoked_at__isnull=True)
    found: dict[int, list[tuple[int | None, int | None, datetime]]] = {}
    for row in rows.values_list("assignment", "student", "section", "due_at"):
        homework, student, section, due = row
        found.setdefault(homework, []).append((student, section, due))
    return found
