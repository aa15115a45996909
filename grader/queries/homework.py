"""A homework as one of the course's people sees it: what to do, by when, and what they handed in.

A constant number of queries; the arithmetic is the domain's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

from django.db.models import Count, Prefetch, Q

from assignments.answers import ANSWERS_FILE
from assignments.answers.typed import Given
from assignments.archives import ARCHIVE_SUFFIXES
from assignments.spec import AssignmentSpec, ProblemSpec
from grader.access import AssignmentAccess
from grader.deadlines import rules_of
from grader.domain.gradebook import ColumnKind
from grader.domain.lateness import (
    CostNow,
    Counted,
    LatePolicy,
    cost_now,
    days_late,
    deadline_end,
    penalise,
)
from grader.domain.limits import attempts_left, next_attempt
from grader.domain.states import ACTIVE, JobState
from grader.models import Assignment, GradeEntry, GradingJob, Score, Submission
from grader.pipeline.enqueue import attempts_used
from grader.queries.grades import Decided, released_decisions
from grader.queries.questions import QuestionGroup, questions_of

_JOBS = GradingJob.objects.only("submission", "state", "not_before", "attempt")


@dataclass(frozen=True, slots=True)
class HandedIn:
    """One upload of the reader's."""

    id: int
    received_at: datetime
    late_days: int
    """By today's deadline."""
    state: JobState
    score: Score | None
    counted: bool
    """Whether it is the one that the gradebook has."""
    answers: Mapping[str, Given]
    """What was typed."""
    told: bool
    """Whether its answers were judged on arrival, and not kept for another day."""
    files: int
    """How many files would come along with new answers."""

    @property
    def active(self) -> bool:
        """Whether it waits or is being graded."""
        return self.state in ACTIVE


@dataclass(frozen=True, slots=True)
class Cost:
    """What an upload at this moment would cost, and what still counts."""

    now: CostNow
    policy: LatePolicy
    best: Score | None
    """The score in the gradebook."""
    most: Decimal
    """What full points would earn now."""

    @property
    def loses_next(self) -> Decimal | None:
        """The share from the next step on."""
        return None if self.now.next_factor is None else 1 - self.now.next_factor

    @property
    def period(self) -> str:
        """What the policy counts lateness in."""
        return period(self.policy)

    @property
    def best_counts(self) -> bool:
        """Whether the best upload counts, and not the latest."""
        return self.policy.counted == Counted.BEST

    @property
    def hopeless(self) -> bool:
        """Whether not even full points could raise the grade."""
        return self.best is not None and self.best_counts and self.most <= self.best.final


@dataclass(frozen=True, slots=True)
class Attempts:
    """How many uploads are graded on the day that they come in."""

    each_day: int
    left: int
    next_day: datetime


@dataclass(frozen=True, slots=True)
class HomeworkPage:
    """Everything that the page of a homework shows."""

    assignment: Assignment
    spec: AssignmentSpec | None
    """None while the homework has no content."""
    statement: str
    due_at: datetime
    """The reader's own deadline."""
    ends_at: datetime
    """The first instant that is late."""
    late_days: int
    """How late an upload is now."""
    cost: Cost | None
    attempts: Attempts | None
    history: tuple[HandedIn, ...]
    decided: Decided | None
    """What a person decided about the reader's grade, once that is released."""

    @property
    def extended(self) -> bool:
        """Whether the reader has more time than the course."""
        return self.due_at > self.assignment.due_at

    @property
    def problems(self) -> tuple[ProblemSpec, ...]:
        """Its problems, in order."""
        return self.spec.problems if self.spec else ()

    @property
    def active(self) -> HandedIn | None:
        """The reader's newest upload that is not graded yet."""
        return next((row for row in self.history if row.active), None)

    @property
    def replaces(self) -> bool:
        """Whether an upload now would take the place of the one that waits."""
        return self.active is not None and self.active.late_days >= self.late_days

    @property
    def latest(self) -> HandedIn | None:
        """The reader's latest upload, with which new answers are joined."""
        return self.history[0] if self.history else None

    def questions(self, typed: Mapping[str, Given] | None = None) -> tuple[QuestionGroup, ...]:
        """What is to be typed, filled in with `typed` or with what was handed in last."""
        if self.spec is None:
            return ()
        latest = self.latest
        if typed is None and latest is not None:
            return questions_of(self.spec, latest.answers, told=latest.told)
        return questions_of(self.spec, typed or {}, told=False)

    @property
    def wanted(self) -> tuple[str, ...]:
        """The files that an upload must hold."""
        return self.spec.files.required if self.spec else ()

    @property
    def notebook(self) -> str:
        """The notebook that may stand in their place; empty when there is none."""
        return self.spec.files.notebook.file if self.spec and self.spec.files.notebook else ""

    @property
    def max_bytes(self) -> int:
        """How large an upload may be."""
        return self.spec.files.max_bytes if self.spec else 0

    @property
    def suffixes(self) -> tuple[str, ...]:
        """The endings of the files that the form takes: those of the homework, and archives."""
        return _suffixes(self.spec) if self.spec else ()


def period(policy: LatePolicy) -> str:
    """What a policy counts lateness in."""
    return {1: "hour", 24: "day"}.get(policy.period_hours, "period")


def homework_page(access: AssignmentAccess, now: datetime) -> HomeworkPage:
    """The homework for this reader at this time; five queries, and one more once it is released."""
    assignment, version = access.assignment, access.assignment.version
    rules = rules_of(assignment, access.membership)
    due, slip = rules.due(access.membership), rules.slip_days(access.membership)
    entry = _entry(access)
    return HomeworkPage(
        assignment=assignment,
        spec=version.spec if version else None,
        statement=version.statement if version else "",
        due_at=due,
        ends_at=deadline_end(due, access.course.late_policy, access.course.zone),
        late_days=_late(access, due, now),
        cost=_cost(access, due, slip, now, entry) if version else None,
        attempts=_attempts(access, now),
        history=_history(access, due, entry, now),
        decided=_decided(access),
    )


def _decided(access: AssignmentAccess) -> Decided | None:
    if access.is_staff or access.assignment.released_at is None:
        return None
    column = (ColumnKind.HOMEWORK, access.assignment.pk)
    return released_decisions(access.membership).get(column)


def _entry(access: AssignmentAccess) -> GradeEntry | None:
    rows = GradeEntry.objects.filter(assignment=access.assignment, student=access.membership)
    return rows.select_related("score").first()


def _cost(
    access: AssignmentAccess, due: datetime, slip: int, now: datetime, entry: GradeEntry | None
) -> Cost:
    version, course = access.assignment.version, access.course
    assert version is not None
    at_once = cost_now(due, now, course.late_policy, course.zone, slip)
    full = version.points
    kept = penalise(full, full, at_once.late_days, course.late_policy, slip).final
    return Cost(
        now=at_once,
        policy=course.late_policy,
        best=entry.score if entry else None,
        most=kept if at_once.accepted else Decimal(0),
    )


def _attempts(access: AssignmentAccess, now: datetime) -> Attempts | None:
    version, zone = access.assignment.version, access.course.zone
    if version is None or version.spec.attempts_per_day is None:
        return None
    each_day = version.spec.attempts_per_day
    upload = Submission(assignment=access.assignment, student=access.membership, received_at=now)
    left = attempts_left(each_day, attempts_used(upload, now - timedelta(days=2)), now, zone)
    assert left is not None
    return Attempts(each_day, left, next_attempt(now, zone))


def _late(access: AssignmentAccess, due: datetime, moment: datetime) -> int:
    return days_late(due, moment, access.course.late_policy, access.course.zone)


def _history(
    access: AssignmentAccess, due: datetime, entry: GradeEntry | None, now: datetime
) -> tuple[HandedIn, ...]:
    counted = entry.score.submission_id if entry else None
    rows = (
        Submission.objects.filter(assignment=access.assignment, student=access.membership)
        .prefetch_related(
            Prefetch("jobs", _JOBS.filter(shadow=False).order_by("-pk")),
            Prefetch("scores", Score.objects.order_by("-pk")),
        )
        .annotate(along=Count("files", filter=~Q(files__name=ANSWERS_FILE)))
        .order_by("-received_at", "-pk")
    )
    return tuple(_handed_in(row, _late(access, due, row.received_at), counted, now) for row in rows)


def _handed_in(row: Any, late_days: int, counted: int | None, now: datetime) -> HandedIn:
    scores, job = list(row.scores.all()), row.jobs.all()[0]
    return HandedIn(
        id=row.pk,
        received_at=row.received_at,
        late_days=late_days,
        state=JobState(job.state),
        score=scores[0] if scores else None,
        counted=row.pk == counted,
        answers=row.answers or {},
        told=job.not_before is None or job.not_before <= now or job.attempt > 0,
        files=row.along,
    )


def _suffixes(spec: AssignmentSpec) -> tuple[str, ...]:
    names = [*spec.files.required, *spec.files.optional]
    if spec.files.notebook is not None:
        names.append(spec.files.notebook.file)
    if spec.answers:
        names.append(ANSWERS_FILE)
    found = {PurePosixPath(name).suffix.lower() for name in names}
    return (*sorted(found - {""}), *ARCHIVE_SUFFIXES)
