"""Staff have graded again what met a fault of ours: the order is enqueue, and a line in the audit.

A job that ended stays as it ended; the submission gets another one.
"""

from __future__ import annotations

from django.db import transaction

from grader.domain.states import JobState
from grader.models import AuditEntry, GradingJob, Submission, User
from grader.pipeline.enqueue import enqueue_again, lane_of


def retry(submission: Submission, actor: User) -> GradingJob | None:
    """Queue the submission again; None, and nothing is done, where no fault is its last word."""
    version = submission.assignment.version
    if version is None:
        return None
    lane = lane_of(version.spec)
    with transaction.atomic():
        # Of two who press the button, the second one finds the job of the first.
        Submission.objects.select_for_update(no_key=True).get(pk=submission.pk)
        met = GradingJob.objects.filter(submission=submission, shadow=False).latest("pk")
        if met.state != JobState.FAULT:
            return None
        job = enqueue_again(submission, lane)
        AuditEntry.objects.create(
            course=submission.assignment.course,
            actor=actor,
            action="job.retried",
            subject=f"submission {submission.pk}",
            detail={"fault": met.pk, "job": job.pk, "cause": met.staff_detail.partition("\n")[0]},
        )
    return job
