"""One cell of the gradebook, for staff: what it is made of, and who decided what about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, Q

from grader.access import StudentAccess
from grader.domain.extensions import effective_due
from grader.domain.gradebook import Cell, Column, ColumnKind
from grader.domain.lateness import days_late
from grader.domain.overrides import OverrideKind
from grader.domain.states import JobState
from grader.errors import NotYours
from grader.models import ExamScore, Extension, GradingJob, Override, Score, Submission
from grader.queries.gradebook import Row, gradebook


@dataclass(frozen=True, slots=True)
class Decision:
    """An override as somebody made it."""

    kind: OverrideKind
    points: Decimal | None
    reason: str
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """Points of an exam as somebody entered them; None took them back."""

    points: Decimal | None
    source: str
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MoreTime:
    """A later deadline that was granted to the student, to the section or to everybody."""

    due_at: datetime
    whom: str
    reason: str
    author: str
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Upload:
    """A submission of the student's."""

    id: int
    received_at: datetime
    late_days: int
    """By the deadline in force."""
    state: JobState
    score: Score | None
    counts: bool


@dataclass(frozen=True, slots=True)
class CellPage:
    """A cell with all that it is made of. Histories are newest first."""

    row: Row
    column: Column
    cell: Cell
    score: Score | None
    """The one that the gradebook has."""
    printed_due: datetime | None
    due: datetime | None
    """The deadline in force for the student; an exam has none."""
    more_time: tuple[MoreTime, ...]
    uploads: tuple[Upload, ...]
    entries: tuple[Entry, ...]
    decisions: tuple[Decision, ...]

    @property
    def is_exam(self) -> bool:
        """Whether the column is an exam."""
        return self.column.kind == ColumnKind.EXAM

    @property
    def holds(self) -> Decision | None:
        """The override that holds."""
        newest = self.decisions[0] if self.decisions else None
        return None if newest is None or newest.kind == OverrideKind.LIFTED else newest


def cell_page(access: StudentAccess, slug: str, now: datetime) -> CellPage:
    """The cell of a student in the column of this name, at `now`; thirteen queries at most."""
    book = gradebook(access.course, now=now, student=access.student)
    place = next((n for n, column in enumerate(book.columns) if column.slug == slug), None)
    if place is None:
        raise NotYours(f"column {slug} of {access.course.slug}")
    column, row = book.columns[place], book.rows[0]
    homework = column.kind == ColumnKind.HOMEWORK
    more_time = _more_time(access, column) if homework else ()
    printed = access.course.assignments.get(pk=column.pk).due_at if homework else None
    due = printed and effective_due(printed, [m.due_at for m in more_time if not m.revoked_at])
    uploads = _uploads(access, column, row.cells[place], due) if due else ()
    return CellPage(
        row=row,
        column=column,
        cell=row.cells[place],
        score=next((upload.score for upload in uploads if upload.counts), None),
        printed_due=printed,
        due=due,
        more_time=more_time,
        uploads=uploads,
        entries=() if homework else _entries(access, column),
        decisions=_decisions(access, column),
    )


def _more_time(access: StudentAccess, column: Column) -> tuple[MoreTime, ...]:
    student = access.student
    everybody = Q(student=None, section=None)
    fitting = everybody | Q(student=student)
    if student.section_id is not None:
        fitting |= Q(section=student.section_id)
    rows = Extension.objects.filter(fitting, assignment=column.pk).select_related(
        "author", "section"
    )
    return tuple(
        MoreTime(
            due_at=row.due_at,
            whom=_whom(row),
            reason=row.reason,
            author=row.author.name,
            revoked_at=row.revoked_at,
        )
        for row in rows.order_by("-pk")
    )


def _whom(row: Extension) -> str:
    if row.student_id is not None:
        return "this student"
    return f"section {row.section.name}" if row.section else "everybody"


def _uploads(
    access: StudentAccess, column: Column, cell: Cell, due: datetime
) -> tuple[Upload, ...]:
    jobs = GradingJob.objects.filter(shadow=False).only("submission", "state").order_by("-pk")
    rows = (
        Submission.objects.filter(assignment=column.pk, student=access.student)
        .prefetch_related(Prefetch("jobs", jobs), Prefetch("scores", Score.objects.order_by("-pk")))
        .order_by("-received_at", "-pk")
    )
    return tuple(_upload(row, access, cell, due) for row in rows)


def _upload(row: Any, access: StudentAccess, cell: Cell, due: datetime) -> Upload:
    course = access.course
    jobs, scores = list(row.jobs.all()), list(row.scores.all())
    return Upload(
        id=row.pk,
        received_at=row.received_at,
        late_days=days_late(due, row.received_at, course.late_policy, course.zone),
        state=JobState(jobs[0].state) if jobs else JobState.QUEUED,
        score=scores[0] if scores else None,
        counts=bool(scores) and row.pk == cell.submission_id,
    )


def _entries(access: StudentAccess, column: Column) -> tuple[Entry, ...]:
    rows = ExamScore.objects.filter(exam=column.pk, student=access.student)
    rows = rows.select_related("author").order_by("-pk")
    return tuple(Entry(row.points, row.source, row.author.name, row.created_at) for row in rows)


def _decisions(access: StudentAccess, column: Column) -> tuple[Decision, ...]:
    where = {"assignment" if column.kind == ColumnKind.HOMEWORK else "exam": column.pk}
    rows = Override.objects.filter(student=access.student, **where)
    return tuple(
        Decision(OverrideKind(row.kind), row.points, row.reason, row.author.name, row.created_at)
        for row in rows.select_related("author").order_by("-pk")
    )
