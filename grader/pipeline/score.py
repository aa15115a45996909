"""CheckResult → Score: the points, and what lateness takes of them.

Reads the results of finished jobs, the deadline and the policy. Writes `Score`, in the caller's
transaction. Idempotent because a score that would say the same again is not written.

One submission or a whole class: a constant number of queries, and one formula, `judge`. What is
judged by other rules than today's and not written is a preview.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Max, QuerySet, Sum

from grader.deadlines import Rules, rules_of
from grader.domain.lateness import days_late, penalise
from grader.domain.states import JobState
from grader.models import Assignment, CheckResult, GradingJob, Membership, Score

_SAME = (
    "job_id",
    "raw",
    "possible",
    "due_at",
    "late_days",
    "slip_days",
    "penalty",
    "final",
    "reason",
    "policy",
)


@dataclass(frozen=True, slots=True)
class Graded:
    """A graded submission, as the suite left it: nothing of lateness yet."""

    submission: int
    job: int
    student: Membership
    """With its key and its section alone."""
    received_at: datetime
    raw: Decimal
    """As the checks add up, not rounded."""
    possible: Decimal


def score(job: GradingJob) -> Score | None:
    """The score of a graded job by today's deadline and policy; None if it was not graded."""
    if job.state != JobState.DONE or job.shadow:
        return None
    assignment = in_turn(job.submission.assignment_id)
    (graded,) = graded_by(GradingJob.objects.filter(pk=job.pk))
    new = judge(graded, rules_of(assignment, graded.student))
    last = Score.objects.filter(submission=job.submission_id).order_by("-pk").first()
    if last is not None and _says_the_same(last, new):
        return last
    new.save()
    return new


def score_all(assignment: Assignment, students: Collection[int] | None = None) -> set[int]:
    """Score all that is graded of a homework again, or what these students handed in.

    Gives the keys of the students who have a score.
    """
    assignment = in_turn(assignment.pk)
    rules, graded = rules_of(assignment), graded_of(assignment, students)
    last = _last_scores(assignment, students)
    made = [judge(each, rules) for each in graded]
    Score.objects.bulk_create(
        new
        for new in made
        if (old := last.get(new.submission_id)) is None or not _says_the_same(old, new)
    )
    return {each.student.pk for each in graded}


def judge(graded: Graded, rules: Rules) -> Score:
    """What lateness takes of one submission by these rules: a row that nobody has written."""
    due = rules.due(graded.student)
    late = days_late(due, graded.received_at, rules.policy, rules.zone)
    slip = rules.slip_days(graded.student)
    result = penalise(graded.raw, graded.possible, late, rules.policy, slip)
    return Score(
        submission_id=graded.submission,
        job_id=graded.job,
        raw=result.raw,
        possible=graded.possible,
        due_at=due,
        late_days=late,
        slip_days=result.slip_days,
        penalty=result.penalty,
        final=result.final,
        reason=result.reason,
        policy=rules.policy,
    )


def graded_of(assignment: Assignment, students: Collection[int] | None = None) -> list[Graded]:
    """Each graded submission of a homework, by the newest grading that counts."""
    jobs = GradingJob.objects.filter(
        submission__assignment=assignment, state=JobState.DONE, shadow=False
    )
    if students is not None:
        jobs = jobs.filter(submission__student__in=students)
    newest = jobs.values("submission").annotate(newest=Max("pk")).values("newest")
    return graded_by(GradingJob.objects.filter(pk__in=newest))


def in_turn(pk: int) -> Assignment:
    """The homework as it is now; until the transaction ends, nobody else scores it or extends it.

    Else a score that is made while an extension is granted would know nothing of it.
    """
    homework = Assignment.objects.filter(pk=pk)
    homework.select_for_update(no_key=True).get()
    # Read after the lock was waited for, with the rules that hold since.
    return homework.select_related("course").get()


def graded_by(jobs: QuerySet[GradingJob]) -> list[Graded]:
    """What these finished jobs gave, of a regrade's too; two queries."""
    raw: dict[int, Decimal] = dict(
        CheckResult.objects.filter(job__in=jobs.values("pk"))
        .values_list("job")
        .annotate(sum=Sum("points"))
    )
    rows = jobs.order_by("submission").values_list(
        "pk",
        "submission",
        "submission__student",
        "submission__student__section",
        "submission__received_at",
        "version__points",
    )
    return [
        Graded(
            submission=submission,
            job=job,
            student=Membership(pk=student, section_id=section),
            received_at=received_at,
            raw=raw.get(job) or Decimal(0),
            possible=possible,
        )
        for job, submission, student, section, received_at, possible in rows
    ]


def _last_scores(assignment: Assignment, students: Iterable[int] | None) -> dict[int, Score]:
    scores = Score.objects.filter(submission__assignment=assignment)
    if students is not None:
        scores = scores.filter(submission__student__in=students)
    newest = scores.values("submission").annotate(newest=Max("pk")).values("newest")
    return {row.submission_id: row for row in Score.objects.filter(pk__in=newest)}


def _says_the_same(last: Score, new: Score) -> bool:
    return all(getattr(last, name) == getattr(new, name) for name in _SAME)
