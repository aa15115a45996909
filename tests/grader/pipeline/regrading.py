"""The small homework graded again: uploads with points, and a bulk lane that gives others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from grader.domain.states import Lane
from grader.models import Assignment, GradeEntry, GradingJob, Membership, Regrade, Submission
from grader.pipeline import regrade as road
from grader.pipeline.grade import settle
from runners.contract import RunReport
from tests.factories import DUE
from tests.grader.pipeline.road import earned, take, upload

NOW = DUE + timedelta(days=2)


def handed_in(homework: Assignment, student: Membership, points: Any, **fields: Any) -> Submission:
    """An upload that is graded."""
    made = upload(homework, student, **fields)
    job = settle(take(), points if isinstance(points, RunReport) else earned(points))
    assert job is not None
    assert job.submission_id == made.pk
    return made


def graded_again(regrade: Regrade, outcomes: dict[Submission, Any]) -> None:
    """Have the bulk lane end with these points or reports, and the clock notice."""
    by_pk = {made.pk: outcome for made, outcome in outcomes.items()}
    for _ in outcomes:
        lease = take(Lane.BULK)
        outcome = by_pk[GradingJob.objects.get(pk=lease.job_id).submission_id]
        settle(lease, outcome if isinstance(outcome, RunReport) else earned(outcome))
    road.step_all()
    regrade.refresh_from_db()


def final(student: Membership) -> Any:
    """The points that count; None without a grade."""
    entry = GradeEntry.objects.filter(student=student).select_related("score").first()
    return entry.score.final if entry else None
