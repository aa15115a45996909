"""CheckResult → Score: the points, and what lateness takes of them.

Reads the results of a finished job, the deadline and the policy. Writes `Score`, in the caller's
transaction. Idempotent because a score that would say the same again is not written.
"""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Sum

from grader.deadlines import due_for
from grader.domain.lateness import days_late, penalise
from grader.domain.points import round_points
from grader.domain.states import JobState
from grader.models import Assignment, CheckResult, GradingJob, Score

_SAME = ("job_id", "raw", "possible", "due_at", "late_days", "penalty", "final", "reason", "policy")


def score(job: GradingJob) -> Score | None:
    """The score of a graded job by today's deadline and policy; None if it was not graded."""
    if job.state != JobState.DONE:
        return None
    submission = job.submission
    assignment = _in_turn(submission.assignment_id)
    course = assignment.course
    policy, due = course.late_policy, due_for(assignment, submission.student)
    late = days_late(due, submission.received_at, policy, course.zone)
    raw = CheckResult.objects.filter(job=job).aggregate(sum=Sum("points"))["sum"] or Decimal(0)
    possible = job.version.points
    result = penalise(raw, possible, late, policy)
    new = Score(
        submission=submission,
        job=job,
        raw=round_points(raw),
        possible=possible,
        due_at=due,
        late_days=late,
        penalty=result.penalty,
        final=result.final,
        reason=result.reason,
        policy=policy,
    )
    last = Score.objects.filter(submission=submission).order_by("-pk").first()
    if last is not None and all(getattr(last, name) == getattr(new, name) for name in _SAME):
        return last
    new.save()
    return new


def _in_turn(pk: int) -> Assignment:
    """The homework as it is now; until the transaction ends, nobody else scores it or extends it.

    Else a score that is made while an extension is granted would know nothing of it.
    """
    homework = Assignment.objects.filter(pk=pk)
    homework.select_for_update(no_key=True).get()
    # Read after the lock was waited for, with the rules that hold since.
    return homework.select_related("course").get()
