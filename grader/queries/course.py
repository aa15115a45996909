"""A course at one moment: its homeworks, what an upload now would cost, how the reader stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db.models import Count, Q

from grader.access import CourseAccess
from grader.deadlines import Rules, rules_for
from grader.domain.gradebook import ColumnKind, Weight, weights_of
from grader.domain.lateness import CostNow, cost_now, deadline_end
from grader.domain.states import JobState, Role
from grader.models import Assignment, Course, GradingJob, Membership, Score, Submission
from grader.queries.grades import (
    Decided,
    Standing,
    Uploads,
    counted_scores,
    is_open,
    released_decisions,
    standing_of,
    uploads_of,
    with_state,
)


class Stage(StrEnum):
    """How far a homework has come for the reader."""

    LATER = "later"
    """Not open yet."""
    EMPTY = "empty"
    """It should be open, but has no content yet."""
    OPEN = "open"
    LATE = "late"
    """The deadline is past, and an upload is still worth something."""
    WORTHLESS = "worthless"
    """Uploads are still graded, and earn nothing."""
    CLOSED = "closed"
    """Uploads are refused."""


@dataclass(frozen=True, slots=True)
class ClassCounts:
    """What staff see of a homework: how many have submitted, and what met a fault of ours."""

    students: int = 0
    faults: int = 0
    cause: str = ""
    """The first line of what staff should know of the newest fault."""


@dataclass(frozen=True, slots=True)
class HomeworkRow:
    """One homework of a course, as the reader meets it now. Times are the reader's own."""

    slug: str
    title: str
    points: Decimal | None
    stage: Stage
    opens_at: datetime
    due_at: datetime
    printed_due_at: datetime
    """The deadline without extensions."""
    ends_at: datetime
    """The first instant that is late."""
    cost: CostNow
    is_linked: bool
    standing: Standing
    score: Score | None
    newer_waits: bool
    decided: Decided | None
    """What a person decided about the reader's grade, once that is released."""
    counts: ClassCounts

    @property
    def is_extended(self) -> bool:
        """Whether the reader has a later deadline than the printed one."""
        return self.due_at > self.printed_due_at


@dataclass(frozen=True, slots=True)
class CoursePage:
    """A course as one of its people sees it at `now`. `size` is the number of its students."""

    course: Course
    is_staff: bool
    now: datetime
    homeworks: tuple[HomeworkRow, ...]
    weights: tuple[Weight, ...]
    size: int

    @property
    def troubled(self) -> tuple[HomeworkRow, ...]:
        """The homeworks where gradings ended with a fault of ours; only staff are told."""
        return tuple(row for row in self.homeworks if row.counts.faults)


def course_page(access: CourseAccess, now: datetime) -> CoursePage:
    """The course as the reader sees it at `now`."""
    assignments = list(access.course.assignments.select_related("version"))
    rules = rules_for(assignments, access.membership)
    class_ = _counts(access.course) if access.is_staff else {}
    scores = {} if access.is_staff else counted_scores(access.membership)
    uploads = {} if access.is_staff else uploads_of(access.membership)
    decisions = {} if access.is_staff else released_decisions(access.membership)
    rows = (
        _row(
            access,
            assignment,
            rules=rules[assignment.pk],
            score=scores.get(assignment.pk),
            uploads=uploads.get(assignment.pk, Uploads()),
            decided=decisions.get((ColumnKind.HOMEWORK, assignment.pk)),
            counts=class_.get(assignment.pk, ClassCounts()),
            now=now,
        )
        for assignment in assignments
    )
    return CoursePage(
        course=access.course,
        is_staff=access.is_staff,
        now=now,
        homeworks=tuple(rows),
        weights=weights_of(access.course.weights),
        size=_size(access.course) if access.is_staff else 0,
    )


def _row(
    access: CourseAccess,
    assignment: Assignment,
    *,
    rules: Rules,
    score: Score | None,
    uploads: Uploads,
    decided: Decided | None,
    counts: ClassCounts,
    now: datetime,
) -> HomeworkRow:
    policy, zone = access.course.late_policy, access.course.zone
    due_at = rules.due(access.membership)
    cost = cost_now(due_at, now, policy, zone, rules.slip_days(access.membership))
    return HomeworkRow(
        slug=assignment.slug,
        title=assignment.title,
        points=assignment.version.points if assignment.version else None,
        stage=_stage(assignment, cost, now),
        opens_at=assignment.opens_at,
        due_at=due_at,
        printed_due_at=assignment.due_at,
        ends_at=deadline_end(due_at, policy, zone),
        cost=cost,
        is_linked=access.is_staff or is_open(assignment, now),
        standing=standing_of(assignment, score, uploads, now),
        score=score,
        newer_waits=score is not None and uploads.waits,
        decided=decided,
        counts=counts,
    )


def _stage(assignment: Assignment, cost: CostNow, now: datetime) -> Stage:
    if now < assignment.opens_at:
        return Stage.LATER
    if assignment.version is None:
        return Stage.EMPTY
    if not cost.accepted:
        return Stage.CLOSED
    if not cost.late_days:
        return Stage.OPEN
    return Stage.LATE if cost.factor else Stage.WORTHLESS


def _counts(course: Course) -> Mapping[int, ClassCounts]:
    """By homework; one query. A fault that a later grading has mended counts no more."""
    rows = with_state(Submission.objects.filter(assignment__course=course)).order_by()
    students = Q(student__role=Role.STUDENT, student__active=True)
    counted: Any = rows.values("assignment").annotate(
        students=Count("student", distinct=True, filter=students),
        faults=Count("pk", filter=Q(state=JobState.FAULT)),
    )
    found = list(counted)
    causes = _causes(course) if any(row["faults"] for row in found) else {}
    return {
        row["assignment"]: ClassCounts(
            row["students"],
            row["faults"],
            causes.get(row["assignment"], "") if row["faults"] else "",
        )
        for row in found
    }


def _causes(course: Course) -> Mapping[int, str]:
    """By homework, of its newest fault."""
    met = GradingJob.objects.filter(
        submission__assignment__course=course, state=JobState.FAULT, shadow=False
    )
    rows = met.order_by("pk").values_list("submission__assignment", "staff_detail")
    return {homework: detail.strip().partition("\n")[0] for homework, detail in rows}


def _size(course: Course) -> int:
    return Membership.objects.filter(course=course, role=Role.STUDENT, active=True).count()
