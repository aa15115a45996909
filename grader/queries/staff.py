"""The submissions of a homework, for the course's staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Case, OuterRef, Prefetch, Q, QuerySet, Subquery, Value, When

from grader.access import AssignmentAccess
from grader.domain.states import JobState
from grader.models import GradingJob, Score, Submission
from grader.queries.listing import Turned, searched
from grader.queries.queue import waiting_for_gpus

PER_PAGE = 50
_OF_A_JOB = ("submission", "state", "staff_detail")


@dataclass(frozen=True, slots=True)
class Listed:
    """One submission on the list."""

    id: int
    name: str
    number: str
    """The student number; empty for staff who try something out."""
    received_at: datetime
    state: JobState
    score: Score | None
    trouble: str
    """The first line of what staff should know of a fault."""

    @property
    def is_fault(self) -> bool:
        """Whether it met a fault of ours."""
        return self.state == JobState.FAULT


@dataclass(frozen=True, slots=True)
class SubmissionList(Turned):
    """One page of the list, and what it was chosen by."""

    rows: tuple[Listed, ...]
    page: int
    pages: int
    total: int
    """How many there are on all pages."""
    faults: int
    """How many of the whole homework met a fault of ours."""
    without_gpu: int
    """How many of it wait for a machine with a GPU while none is at work."""
    state: str
    words: str


def submission_list(
    access: AssignmentAccess, *, state: str = "", words: str = "", page: str = "1"
) -> SubmissionList:
    """The submissions of a homework, faults first and then newest first; five queries.

    state: only those in this state; one that does not exist is no filter
    words: only those of students who have this in their name, address or number
    page: as it was asked for; what is no page gives the nearest one
    """
    state, words = state if state in set(JobState) else "", searched(words)
    everything = _with_state(access)
    chosen = everything.filter(_named(words))
    if state:
        chosen = chosen.filter(newest_state=state)
    pages = Paginator(_in_order(chosen), PER_PAGE)
    shown = pages.get_page(page)
    return SubmissionList(
        rows=tuple(map(_listed, shown.object_list)),
        page=shown.number,
        pages=pages.num_pages,
        total=pages.count,
        faults=everything.filter(newest_state=JobState.FAULT).count(),
        without_gpu=waiting_for_gpus(access.assignment.version),
        state=state,
        words=words,
    )


def _with_state(access: AssignmentAccess) -> QuerySet[Any]:
    # Any, because the type of a row with an annotation cannot be written without a package more.
    jobs = GradingJob.objects.filter(submission=OuterRef("pk"), shadow=False).order_by("-pk")
    rows = Submission.objects.filter(assignment=access.assignment)
    return rows.annotate(newest_state=Subquery(jobs.values("state")[:1])).order_by()


def _named(words: str) -> Q:
    if not words:
        return Q()
    return (
        Q(student__user__name__icontains=words)
        | Q(student__user__email__icontains=words)
        | Q(student__student_number__icontains=words)
    )


def _in_order(rows: QuerySet[Any]) -> QuerySet[Any]:
    faults_first = Case(When(newest_state=JobState.FAULT, then=Value(0)), default=Value(1))
    jobs = GradingJob.objects.filter(shadow=False).only(*_OF_A_JOB).order_by("-pk")
    return (
        rows.select_related("student__user")
        .prefetch_related(
            Prefetch("jobs", jobs),
            Prefetch("scores", Score.objects.order_by("-pk")),
        )
        .order_by(faults_first, "-received_at", "-pk")
    )


def _listed(row: Submission) -> Listed:
    job = row.jobs.all()[0]
    return Listed(
        id=row.pk,
        name=row.student.user.name,
        number=row.student.student_number,
        received_at=row.received_at,
        state=JobState(job.state),
        score=next(iter(row.scores.all()), None),
        trouble=job.staff_detail.strip().partition("\n")[0] if job.state == JobState.FAULT else "",
    )
