"""A submission as its author or the course's staff see it: where it stands, and what it gave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from assignments.spec import ProblemSpec
from grader.access import SubmissionAccess
from grader.domain.states import ACTIVE, JobState
from grader.models import GradeEntry, GradingJob, Score, Submission
from grader.queries.feedback import ProblemFeedback, answers_of, phase_for, problems_of
from grader.queries.queue import Place, place_of, waits_for_a_gpu
from grader.queries.sources import Sources, sources_of

if TYPE_CHECKING:
    from runners.report import Revealed


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a submission's newest job stands at this moment."""

    job: int
    attempt: int
    state: JobState
    place: Place | None
    """While it waits for its turn."""
    not_before: datetime | None
    """When it waits for another day, or for a fault of ours to pass."""
    again: bool
    """Whether it was tried before and will be once more, through no fault of the student's."""
    no_gpu: bool = False
    """Whether it waits for a machine with a GPU, and none is at work."""

    @property
    def active(self) -> bool:
        """Whether something will still happen."""
        return self.state in ACTIVE


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem of a report: what did not pass is read first."""

    feedback: ProblemFeedback
    failed: tuple[Revealed, ...]
    passed: tuple[Revealed, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What a finished job gave, as this reader may see it."""

    job: GradingJob
    problems: tuple[Problem, ...]
    score: Score | None
    counted: bool
    """Whether the gradebook has this submission's score."""

    notices: tuple[str, ...]
    """What was left out or aside, for the student."""

    @property
    def hidden(self) -> bool:
        """Whether something of a check is kept from this reader."""
        return any(not check.details for part in self.problems for check in part.feedback.checks)


@dataclass(frozen=True, slots=True)
class SubmissionPage:
    """Everything that the page of a submission shows."""

    submission: Submission
    standing: Standing
    report: Report | None
    """None while it is not finished."""
    problems: tuple[ProblemSpec, ...]
    """Those that have checks."""
    answers: tuple[Problem, ...]
    """What was typed, judged, while the rest of it waits or runs."""
    sources: Sources
    newer: Submission | None
    """The upload that took this one's place in the queue."""
    trouble: str = ""
    """What staff should know of an earlier attempt, while another one waits or runs."""


def submission_page(access: SubmissionAccess, now: datetime) -> SubmissionPage:
    """The submission for this reader at this time."""
    job = _newest_job(access.submission.pk)
    standing = _standing(job, now)
    superseded = standing.state == JobState.SUPERSEDED
    return SubmissionPage(
        submission=access.submission,
        standing=standing,
        report=None if standing.active else _report(access, job, now),
        problems=job.version.spec.code_problems,
        answers=_answers(access.submission, job, standing),
        sources=sources_of(access.submission, job.version),
        newer=_newer(access.submission) if superseded else None,
        trouble=job.staff_detail if standing.active else "",
    )


def _answers(submission: Submission, job: GradingJob, standing: Standing) -> tuple[Problem, ...]:
    # Of one that waits for another day nothing is told: its attempt is yet to come.
    told = standing.not_before is None or standing.again
    if not standing.active or not told or not submission.answers:
        return ()
    return tuple(map(_sorted_out, answers_of(submission, job.version)))


def _sorted_out(feedback: ProblemFeedback) -> Problem:
    """What did not pass, first. Answers stay in the order in which they were asked."""
    failed = tuple(check for check in feedback.checks if not check.passed)
    passed = tuple(check for check in feedback.checks if check.passed)
    if feedback.is_answers:
        failed, passed = feedback.checks, ()
    return Problem(feedback, failed, passed)


def standing_of(submission_id: int, now: datetime) -> Standing:
    """Where the submission stands: what a page that watches asks again and again."""
    return _standing(_newest_job(submission_id), now)


def finished_job(access: SubmissionAccess) -> GradingJob | None:
    """The newest job, when it is finished and has a report; None before."""
    job = _newest_job(access.submission.pk)
    return job if job.verdict and job.state not in ACTIVE else None


def _newest_job(submission_id: int) -> GradingJob:
    rows = GradingJob.objects.filter(submission=submission_id, shadow=False)
    return rows.select_related("version").latest("pk")


def _standing(job: GradingJob, now: datetime) -> Standing:
    queued = job.state == JobState.QUEUED
    later = job.not_before is not None and job.not_before > now
    no_gpu = queued and not later and waits_for_a_gpu(job)
    return Standing(
        job=job.pk,
        attempt=job.attempt,
        state=JobState(job.state),
        place=place_of(job) if queued and not later and not no_gpu else None,
        not_before=job.not_before if queued and later else None,
        again=queued and job.attempt > 0,
        no_gpu=no_gpu,
    )


def _report(access: SubmissionAccess, job: GradingJob, now: datetime) -> Report:
    submission = access.submission
    done = job.state == JobState.DONE
    entry = GradeEntry.objects.filter(score__submission=submission) if done else None
    return Report(
        job=job,
        problems=_problems(access, job, now) if done else (),
        score=Score.objects.filter(submission=submission).order_by("-pk").first() if done else None,
        counted=entry is not None and entry.exists(),
        # The run repeats what was said of the upload when it came in.
        notices=tuple(dict.fromkeys([*submission.notices, *job.notices])),
    )


def _problems(access: SubmissionAccess, job: GradingJob, now: datetime) -> tuple[Problem, ...]:
    return tuple(map(_sorted_out, problems_of(job, access.audience, phase_for(access, now))))


def _newer(submission: Submission) -> Submission | None:
    later = Submission.objects.filter(
        student=submission.student_id,
        assignment=submission.assignment_id,
        received_at__gte=submission.received_at,
    ).exclude(pk=submission.pk)
    return later.order_by("received_at", "pk").first()
