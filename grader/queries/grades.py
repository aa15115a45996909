"""A student's own points in a course, homework by homework, and why they are what they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from grader.access import CourseAccess
from grader.domain.states import ACTIVE, JobState
from grader.models import Assignment, Course, GradeEntry, GradingJob, Membership, Score, Submission


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
class GradeRow:
    """One homework of a student. `score` is the one that counts."""

    slug: str
    title: str
    standing: Standing
    possible: Decimal | None
    """What the homework gives at most; None while it has no content."""
    score: Score | None
    uploads: Uploads

    @property
    def is_linked(self) -> bool:
        """Whether the homework has a page for the student."""
        return self.standing != Standing.NOT_OPEN

    @property
    def newer_waits(self) -> bool:
        """Whether the points may still change, because a further upload is being graded."""
        return self.score is not None and self.uploads.waits


@dataclass(frozen=True, slots=True)
class GradesPage:
    """All homeworks of a course, for one student; for staff, the homeworks alone."""

    course: Course
    is_staff: bool
    rows: tuple[GradeRow, ...]

    @property
    def final(self) -> Decimal:
        """The points so far."""
        return sum((row.score.final for row in self.rows if row.score), Decimal(0))

    @property
    def possible(self) -> Decimal:
        """What was to be had in the homeworks that have a score."""
        return sum((row.score.possible for row in self.rows if row.score), Decimal(0))


def grades_page(access: CourseAccess, now: datetime) -> GradesPage:
    """The reader's own grades at `now`."""
    assignments = list(access.course.assignments.select_related("version"))
    scores = counted_scores(access.membership)
    uploads = uploads_of(access.membership)
    rows = (_row(each, scores, uploads, now) for each in assignments)
    return GradesPage(course=access.course, is_staff=access.is_staff, rows=tuple(rows))


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
    scores: Mapping[int, Score],
    uploads: Mapping[int, Uploads],
    now: datetime,
) -> GradeRow:
    score = scores.get(assignment.pk)
    own = uploads.get(assignment.pk, Uploads())
    return GradeRow(
        slug=assignment.slug,
        title=assignment.title,
        standing=standing_of(assignment, score, own, now),
        possible=assignment.version.points if assignment.version else None,
        score=score,
        uploads=own,
    )
