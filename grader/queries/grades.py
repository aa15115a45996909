"""A student's own points in a course, homework by homework, and why they are what they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from grader.access import CourseAccess
from grader.domain.gradebook import Cell, ColumnKind, Total
from grader.domain.overrides import OverrideKind
from grader.domain.states import ACTIVE, JobState
from grader.domain.visibility import Audience
from grader.models import (
    Assignment,
    Course,
    GradeEntry,
    GradingJob,
    Membership,
    Override,
    Score,
    Submission,
)
from grader.queries.gradebook import Gradebook, gradebook


class Standing(StrEnum):
    """How a student stands in a homework. Missing, waiting and zero are three things."""

    NOT_OPEN = "not open"
    MISSING = "missing"
    """Nothing was handed in."""
    GRADING = "grading"
    """Handed in, and no score yet."""
    SCORED = "scored"
    REJECTED = "rejected"
    """What was handed in last cannot be graded; the submission's page says why."""
    FAULT = "fault"
    """A fault of ours, which costs nothing."""


@dataclass(frozen=True, slots=True)
class Uploads:
    """A student's uploads of one homework, newest first: each one's key and newest job's state."""

    states: tuple[tuple[int, JobState], ...] = ()

    @property
    def newest(self) -> int | None:
        """The key of the newest upload."""
        return self.states[0][0] if self.states else None

    @property
    def waits(self) -> bool:
        """Whether one of them is still to be graded."""
        return any(state in ACTIVE for _, state in self.states)

    @property
    def standing(self) -> Standing:
        """How the student stands as long as there is no score."""
        if not self.states:
            return Standing.MISSING
        ends = {JobState.FAULT: Standing.FAULT, JobState.REJECTED: Standing.REJECTED}
        return Standing.GRADING if self.waits else ends.get(self.states[0][1], Standing.GRADING)


@dataclass(frozen=True, slots=True)
class Decided:
    """What a person decided about a grade, and why."""

    kind: OverrideKind
    points: Decimal | None
    reason: str


@dataclass(frozen=True, slots=True)
class GradeRow:
    """One homework of a student. `score` is the one that counts by the rules."""

    slug: str
    title: str
    standing: Standing
    possible: Decimal | None
    """What the homework gives at most; None while it has no content."""
    score: Score | None
    uploads: Uploads
    cell: Cell
    """What counts, as far as the student may know."""
    reason: str
    """Why a person decided it; empty where nobody did."""

    @property
    def is_linked(self) -> bool:
        """Whether the homework has a page for the student."""
        return self.standing != Standing.NOT_OPEN

    @property
    def newer_waits(self) -> bool:
        """Whether the points may still change, because a further upload is being graded."""
        return self.score is not None and self.uploads.waits


@dataclass(frozen=True, slots=True)
class ExamRow:
    """One exam of a student; `cell` as far as the student may know it."""

    title: str
    held_on: date | None
    cell: Cell
    reason: str


@dataclass(frozen=True, slots=True)
class GradesPage:
    """All grades of one student, as the student may know them; for staff, the homeworks alone."""

    course: Course
    student: Membership
    is_staff: bool
    """Whether it is the page of one of the staff, who has no grades."""
    rows: tuple[GradeRow, ...]
    exams: tuple[ExamRow, ...]
    book: Gradebook
    """The student's row alone."""

    @property
    def final(self) -> Decimal:
        """The points so far in homeworks."""
        return sum((row.cell.final for row in self.rows if row.cell.final is not None), Decimal(0))

    @property
    def possible(self) -> Decimal:
        """What was to be had in the homeworks that have points."""
        with_points = (row.cell.possible for row in self.rows if row.cell.final is not None)
        return sum((possible for possible in with_points if possible), Decimal(0))

    @property
    def total(self) -> Total:
        """Where the student stands in the course."""
        return self.book.rows[0].total


def grades_page(
    access: CourseAccess, now: datetime, student: Membership | None = None
) -> GradesPage:
    """The reader's own grades at `now`, or what that student sees of them; thirteen queries."""
    who = student or access.membership
    assignments = list(access.course.assignments.select_related("version"))
    exams = list(access.course.exams.all())
    book = gradebook(access.course, now=now, student=who, audience=Audience.STUDENT)
    cells = {
        (column.kind, column.pk): cell
        for column, cell in zip(book.columns, book.rows[0].cells, strict=True)
    }
    reasons = {where: what.reason for where, what in released_decisions(who).items()}
    scores, uploads = counted_scores(who), uploads_of(who)
    rows = (
        _row(
            each,
            scores.get(each.pk),
            uploads.get(each.pk, Uploads()),
            cells[ColumnKind.HOMEWORK, each.pk],
            reasons.get((ColumnKind.HOMEWORK, each.pk), ""),
            now,
        )
        for each in assignments
    )
    return GradesPage(
        course=access.course,
        student=who,
        is_staff=who.is_staff,
        rows=tuple(rows),
        exams=tuple(
            ExamRow(
                exam.title,
                exam.held_on,
                cells[ColumnKind.EXAM, exam.pk],
                reasons.get((ColumnKind.EXAM, exam.pk), ""),
            )
            for exam in exams
        ),
        book=book,
    )


def released_decisions(student: Membership) -> dict[tuple[ColumnKind, int | None], Decided]:
    """What holds for a student by a person's decision and is released, by column; one query."""
    shown = Q(assignment__released_at__isnull=False) | Q(exam__released_at__isnull=False)
    found = {}
    for row in Override.objects.filter(shown, student=student).order_by("pk"):
        homework = row.assignment_id is not None
        kind = ColumnKind.HOMEWORK if homework else ColumnKind.EXAM
        key = row.assignment_id if homework else row.exam_id
        found[kind, key] = Decided(OverrideKind(row.kind), row.points, row.reason)
    return {where: what for where, what in found.items() if what.kind != OverrideKind.LIFTED}


def is_open(assignment: Assignment, now: datetime) -> bool:
    """Whether students have a page for the homework: it is open, and it has content."""
    return assignment.version is not None and assignment.opens_at <= now


def counted_scores(student: Membership) -> dict[int, Score]:
    """The scores that count for a student, by homework; one query."""
    entries = GradeEntry.objects.filter(student=student).select_related("score__submission")
    return {entry.assignment_id: entry.score for entry in entries}


def uploads_of(student: Membership) -> dict[int, Uploads]:
    """A student's uploads by homework; one query."""
    rows = with_state(Submission.objects.filter(student=student))
    found: dict[int, list[tuple[int, JobState]]] = {}
    for assignment, key, state in rows.values_list("assignment_id", "pk", "state"):
        # Each submission is written together with its job; a row without one still waits for it.
        found.setdefault(assignment, []).append((key, JobState(state or JobState.QUEUED)))
    return {assignment: Uploads(tuple(states)) for assignment, states in found.items()}


def with_state(submissions: QuerySet[Submission]) -> QuerySet[Any]:
    """Submissions with `state`: that of the newest job of each."""
    newest = GradingJob.objects.filter(submission=OuterRef("pk"), shadow=False).order_by("-pk")
    return submissions.annotate(state=Subquery(newest.values("state")[:1]))


def standing_of(
    assignment: Assignment, score: Score | None, uploads: Uploads, now: datetime
) -> Standing:
    """How a student stands in a homework at `now`."""
    if score is not None:
        return Standing.SCORED
    if not uploads.states and not is_open(assignment, now):
        return Standing.NOT_OPEN
    return uploads.standing


def _row(
    assignment: Assignment,
    score: Score | None,
    uploads: Uploads,
    cell: Cell,
    reason: str,
    now: datetime,
) -> GradeRow:
    return GradeRow(
        slug=assignment.slug,
        title=assignment.title,
        standing=standing_of(assignment, score, uploads, now),
        possible=assignment.version.points if assignment.version else None,
        score=score,
        uploads=uploads,
        cell=cell,
        reason=reason,
    )
