"""A later deadline: writes `Extension`, and has every score that it touches made again.

The order for a change of the rules: extension → score → publish, in one transaction.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from grader.domain.states import JobState
from grader.models import (
    Assignment,
    AuditEntry,
    Extension,
    GradingJob,
    Membership,
    Section,
    User,
)
from grader.pipeline.publish import publish
from grader.pipeline.score import score


@transaction.atomic
def extend(
    assignment: Assignment,
    due_at: datetime,
    *,
    reason: str,
    author: User,
    student: Membership | None = None,
    section: Section | None = None,
) -> Extension:
    """Grant a student, a section or (with neither) everybody a later deadline."""
    # Who is scored at this moment is scored before or after this, as in `score`.
    Assignment.objects.select_for_update(no_key=True).get(pk=assignment.pk)
    extension = Extension.objects.create(
        assignment=assignment,
        due_at=due_at,
        reason=reason,
        author=author,
        student=student,
        section=section,
    )
    AuditEntry.objects.create(
        course=assignment.course,
        actor=author,
        action="extension.granted",
        subject=f"assignment {assignment.pk}",
        detail={
            "due_at": due_at.isoformat(),
            "reason": reason,
            "student": student and student.pk,
            "section": section and section.pk,
        },
    )
    rescore(assignment)
    return extension


def rescore(assignment: Assignment) -> None:
    """Score every graded submission again by today's deadlines and policy."""
    jobs = (
        GradingJob.objects.filter(submission__assignment=assignment, state=JobState.DONE)
        .select_related("submission__assignment__course", "submission__student", "version")
        .order_by("submission", "-pk")
    )
    newest: dict[int, GradingJob] = {}
    for job in jobs:
        newest.setdefault(job.submission_id, job)
    for job in newest.values():
        score(job)
    for student in {job.submission.student for job in newest.values()}:
        publish(assignment, student)
