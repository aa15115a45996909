"""Regrades of a homework as its staff see them: the list, and one with whom it would change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Paginator
from django.db.models import Count, Q

from grader.access import AssignmentAccess, RegradeAccess
from grader.domain.regrades import OPEN, RegradeState
from grader.domain.states import ACTIVE, JobState
from grader.models import Assignment, AssignmentVersion, GradingJob, Regrade
from grader.pipeline.regrade import stale
from grader.queries.regraded import (
    CheckChange,
    Regraded,
    check_changes,
    look,
    newest_jobs,
    regraded,
)

PER_PAGE = 100
SORTS = ("change", "name", "before", "after")


@dataclass(frozen=True, slots=True)
class RegradesPage:
    """All regrades of a homework, and what another one could be."""

    regrades: tuple[Regrade, ...]
    versions: tuple[AssignmentVersion, ...]
    """The stored ones, newest first."""
    stale: int
    """How many submissions another version graded than the one in force."""

    @property
    def open(self) -> Regrade | None:
        """The one that is not decided yet; another one has to wait for it."""
        return next((each for each in self.regrades if each.state in OPEN), None)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a regrade has come."""

    total: int
    waiting: int
    running: int
    graded: int
    rejected: int
    faults: int

    @property
    def ended(self) -> int:
        """How many are graded, or cannot be."""
        return self.graded + self.rejected + self.faults


@dataclass(frozen=True, slots=True)
class Unable:
    """A submission that the new version could not grade."""

    submission: int
    name: str
    state: JobState
    cause: str

    @property
    def is_fault(self) -> bool:
        """Whether it may be run again: a fault of ours, and not the student's."""
        return self.state == JobState.FAULT


@dataclass(frozen=True, slots=True)
class RegradePage:
    """Everything on the page of a regrade."""

    regrade: Regrade
    progress: Progress
    rows: tuple[Regraded, ...]
    """Of this page, in the order that was asked for."""
    checks: tuple[CheckChange, ...]
    unable: tuple[Unable, ...]
    up: int
    down: int
    same: int
    elsewhere: int
    """For how many another submission counts then."""
    later: int
    """How many uploads have come since it began."""
    seen: str
    sort: str
    shows_all: bool
    page: int
    pages: int
    decides: bool

    @property
    def is_running(self) -> bool:
        """Whether its submissions are being graded."""
        return self.regrade.state == RegradeState.RUNNING

    @property
    def is_ready(self) -> bool:
        """Whether it waits for a decision."""
        return self.regrade.state == RegradeState.READY

    @property
    def has_faults(self) -> bool:
        """Whether something can be run again."""
        return any(each.is_fault for each in self.unable)


def regrades_page(access: AssignmentAccess, now: datetime) -> RegradesPage:
    """The list, newest first; three queries."""
    assignment: Assignment = access.assignment
    rows = assignment.regrades.select_related("version", "author", "decided_by")
    versions = assignment.versions.defer("spec", "statement").order_by("-pk")
    return RegradesPage(tuple(rows), tuple(versions), stale(assignment, now))


def regrade_page(
    access: RegradeAccess, *, sort: str = "", shows_all: bool = False, page: str = "1"
) -> RegradePage:
    """One regrade; a constant number of queries.

    sort: one of `SORTS`; another one is the first of them
    shows_all: also those students whose grade is the same
    """
    regrade, sort = access.regrade, sort if sort in SORTS else SORTS[0]
    found = regraded(regrade)
    shown = _sorted([one for one in found if shows_all or one.changed], sort)
    pages = Paginator(shown, PER_PAGE)
    here = pages.get_page(page)
    up, down = sum(one.raises for one in found), sum(one.change < 0 for one in found)
    return RegradePage(
        regrade=regrade,
        progress=_progress(regrade),
        rows=tuple(here.object_list),
        checks=tuple(check_changes(regrade)),
        unable=tuple(_unable(regrade)),
        up=up,
        down=down,
        same=len(found) - up - down,
        elsewhere=sum(one.elsewhere for one in found),
        later=access.assignment.submissions.filter(received_at__gt=regrade.created_at).count(),
        seen=look(found),
        sort=sort,
        shows_all=shows_all,
        page=here.number,
        pages=pages.num_pages,
        decides=access.is_instructor,
    )


def _progress(regrade: Regrade) -> Progress:
    counts = newest_jobs(regrade).aggregate(
        all=Count("pk"),
        running=Count("pk", filter=Q(state=JobState.RUNNING)),
        graded=Count("pk", filter=Q(state=JobState.DONE)),
        rejected=Count("pk", filter=Q(state=JobState.REJECTED)),
        faults=Count("pk", filter=Q(state=JobState.FAULT)),
        active=Count("pk", filter=Q(state__in=ACTIVE)),
    )
    total = max(regrade.total, counts["all"])
    ended = counts["graded"] + counts["rejected"] + counts["faults"]
    return Progress(
        total=total,
        waiting=max(total - ended - counts["running"], 0),
        running=counts["running"],
        graded=counts["graded"],
        rejected=counts["rejected"],
        faults=counts["faults"],
    )


def _unable(regrade: Regrade) -> list[Unable]:
    jobs = newest_jobs(regrade).filter(state__in=(JobState.FAULT, JobState.REJECTED))
    rows = jobs.select_related("submission__student__user").order_by("state", "pk")
    return [
        Unable(
            submission=job.submission_id,
            name=job.submission.student.user.name,
            state=JobState(job.state),
            cause=_cause(job),
        )
        for job in rows
    ]


def _cause(job: GradingJob) -> str:
    said = job.staff_detail if job.state == JobState.FAULT else job.reason
    return said.strip().partition("\n")[0]


def _sorted(found: Sequence[Regraded], sort: str) -> list[Regraded]:
    """By name within what is equal, for so they come; the largest loss and gain first."""
    if sort == "name":
        return list(found)
    if sort == "before":
        return sorted(found, key=lambda one: -1 if one.before is None else one.before.final)
    if sort == "after":
        return sorted(found, key=lambda one: one.after.final)
    return sorted(found, key=lambda one: -abs(one.change))
