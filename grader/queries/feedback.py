"""A job's rows as the report that one reader may see at one time.

The only place where rows become feedback: pages and downloads both come through here, and what is
shown is decided by `runners.report`, as on the command line.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from assignments.spec import ProblemSpec
from grader.access import SubmissionAccess
from grader.deadlines import due_for
from grader.domain.states import JobState
from grader.domain.visibility import Audience, Phase, phase
from grader.models import AssignmentVersion, CheckResult, GradingJob, Submission
from runners import contract
from runners.answers import judged_results
from runners.report import Audience as ReportAudience
from runners.report import Phase as ReportPhase
from runners.report import Revealed, reveal, to_results


@dataclass(frozen=True, slots=True)
class ProblemFeedback:
    """One problem's checks, as the reader may see them."""

    id: str
    title: str
    points: Decimal
    max_points: Decimal
    checks: tuple[Revealed, ...]

    @property
    def mistake(self) -> str:
        """What a known mistake says that fails exactly the checks that failed; else nothing."""
        return next((check.mistake for check in self.checks if check.mistake), "")

    @property
    def is_answers(self) -> bool:
        """Whether it consists of typed answers."""
        return bool(self.checks) and all(check.is_answer for check in self.checks)

    @property
    def failed(self) -> int:
        """How many of its checks did not pass."""
        return sum(not check.passed for check in self.checks)


def phase_for(access: SubmissionAccess, now: datetime) -> Phase:
    """How far the homework has come for the student whose submission this is."""
    assignment = access.assignment
    due = max(due_for(assignment, access.submission.student), assignment.due_at)
    grace = access.course.late_policy.grace_minutes
    return phase(now, due, assignment.released_at is not None, grace)


def problems_of(job: GradingJob, audience: Audience, at: Phase) -> list[ProblemFeedback]:
    """The report by problem, in the order of the homework."""
    report = _report(job)
    shown = [
        reveal(check, number, ReportAudience(audience), ReportPhase(at))
        for number, check in enumerate(report.checks, start=1)
    ]
    return [
        _problem(problem, tuple(check for check in shown if check.problem == problem.id))
        for problem in job.version.spec.judged_problems
    ]


def answers_of(submission: Submission, version: AssignmentVersion) -> list[ProblemFeedback]:
    """What the typed answers give: known on arrival, and the same in the report that comes."""
    judged = judged_results(version.spec, submission.answers or {})
    shown = [
        reveal(check, number, ReportAudience.STUDENT, ReportPhase.OPEN)
        for number, check in enumerate(judged, start=1)
    ]
    return [
        _problem(problem, tuple(check for check in shown if check.problem == problem.id))
        for problem in version.spec.problems
        if problem.answers
    ]


def results_json(job: GradingJob, audience: Audience, at: Phase) -> dict[str, Any]:
    """The report in Gradescope's format, for a download."""
    return to_results(_report(job), ReportAudience(audience), ReportPhase(at))


def _problem(problem: ProblemSpec, checks: tuple[Revealed, ...]) -> ProblemFeedback:
    return ProblemFeedback(
        id=problem.id,
        title=problem.title,
        points=sum((check.points for check in checks), Decimal(0)),
        max_points=sum((check.max_points for check in checks), Decimal(0)),
        checks=checks,
    )


def _report(job: GradingJob) -> contract.RunReport:
    scored = job.state == JobState.DONE
    resources = contract.Resources(**job.resources) if job.resources else contract.Resources()
    return contract.RunReport(
        verdict=contract.Verdict(job.verdict),
        reason=job.reason,
        staff_detail=job.staff_detail,
        checks=tuple(_check(row) for row in job.results.all()) if scored else (),
        notices=tuple(job.notices),
        resources=resources,
        receipt=job.receipt,
    )


def _check(row: CheckResult) -> contract.CheckResult:
    return contract.CheckResult(
        id=row.check_id,
        title=row.title,
        problem=row.problem,
        max_points=row.max_points,
        points=row.points,
        outcome=contract.Outcome(row.outcome),
        visibility=contract.Visibility(row.visibility),
        hint=row.hint,
        mistake=row.mistake,
        message=row.message,
        output=row.output,
        traceback=row.traceback,
        seconds=row.seconds,
    )
