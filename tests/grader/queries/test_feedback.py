"""From rows back to a report: a page shows exactly what the runner's own rule lets through."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from enum import Enum
from itertools import product
from pathlib import Path

import pytest

from grader.access import SubmissionAccess
from grader.domain import visibility
from grader.domain.lateness import LatePolicy
from grader.domain.states import Role
from grader.domain.visibility import Audience, Phase
from grader.models import Assignment, GradingJob, Membership
from grader.pipeline.extend import extend
from grader.queries.feedback import phase_for, problems_of, results_json
from runners import report as runner
from runners.contract import CheckResult, Outcome, Resources, RunReport, Verdict, Visibility
from tests import factories
from tests.assignments.homework import write_homework
from tests.factories import DUE, ON_TIME
from tests.grader.pipeline.road import check, grade, report, upload

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
SECRET = "the canary 4711"
OUTCOMES = list(Outcome)
# Every visibility with every outcome, each with something in every field.
REPORT = report(
    *[
        check(
            number,
            "1.5" if outcome is Outcome.PASSED else "0.25",
            "1.5",
            id=f"hidden/test_question1.py::test_{number}[{SECRET}]",
            problem="add" if number % 2 else "double",
            outcome=outcome,
            visibility=shown,
            hint=f"hint {number}",
            mistake=f"mistake {number}",
            message=f"message {number} {SECRET}",
            output=f"\n printed {number} {SECRET}\n",
            traceback=f"traceback {number} {SECRET}",
            seconds=number + 0.25,
        )
        for number, (shown, outcome) in enumerate(product(Visibility, Outcome), start=1)
    ],
    notices=("question2.py is as in the handout.",),
    staff_detail=f"for staff {SECRET}",
    resources=Resources(12.5, {"load": 0.5}, guest_cpu_seconds=3.25, guest_peak_bytes=1024),
)
READERS = list(product(Audience, Phase))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small homework."""
    return write_homework(tmp_path_factory.mktemp("feedback") / "hw0")


@pytest.fixture
def ada() -> Membership:
    """A student."""
    return factories.membership(factories.course(), factories.person("Ada"))


@pytest.fixture
def homework(ada: Membership, folder: Path) -> Assignment:
    """The small homework, open."""
    return factories.assignment(ada.course, "hw0", folder)


@pytest.fixture
def job(homework: Assignment, ada: Membership) -> GradingJob:
    """The report above, written to the tables and read again."""
    return GradingJob.objects.get(pk=grade(upload(homework, ada), REPORT).pk)


@pytest.mark.parametrize(("audience", "phase"), READERS)
def test_a_page_shows_what_the_runner_reveals(
    job: GradingJob, audience: Audience, phase: Phase
) -> None:
    """Check by check and field by field, for every visibility and outcome."""
    shown = [check for problem in problems_of(job, audience, phase) for check in problem.checks]
    expected = [
        runner.reveal(one, number, runner.Audience(audience), runner.Phase(phase))
        for number, one in enumerate(REPORT.checks, start=1)
    ]
    assert sorted(shown, key=lambda one: one.number) == expected


@pytest.mark.parametrize(("audience", "phase"), READERS)
def test_a_download_is_what_the_runner_writes(
    job: GradingJob, audience: Audience, phase: Phase
) -> None:
    """But for the receipt, which is signed when it is kept."""
    own = runner.to_results(REPORT, runner.Audience(audience), runner.Phase(phase))
    assert results_json(job, audience, phase) == own


def test_a_student_finds_no_secret_while_it_is_open(job: GradingJob) -> None:
    """Of the hidden checks, and of those that come later; a visible check is meant to be read."""
    told = [
        check
        for problem in problems_of(job, Audience.STUDENT, Phase.OPEN)
        for check in problem.checks
        if check.visibility is not Visibility.VISIBLE
    ]
    assert len(told) == len(OUTCOMES) * 3
    assert not [check for check in told if SECRET in repr(check)]


def test_problems_in_the_order_of_the_homework(job: GradingJob) -> None:
    """With their points, and how many checks did not pass."""
    problems = problems_of(job, Audience.STUDENT, Phase.OPEN)
    told = [(p.id, p.title, p.points, p.max_points, p.failed) for p in problems]
    odd = [one for one in REPORT.checks if one.problem == "add"]
    even = [one for one in REPORT.checks if one.problem == "double"]
    assert told == [
        ("add", "Adding", *sums(odd), sum(one.outcome is not Outcome.PASSED for one in odd)),
        ("double", "Doubling", *sums(even), sum(one.outcome is not Outcome.PASSED for one in even)),
    ]


def sums(checks: list[CheckResult]) -> tuple[Decimal, Decimal]:
    """Points earned and possible."""
    told = RunReport(verdict=Verdict.GRADED, checks=tuple(checks))
    return told.points, told.max_points


@pytest.mark.parametrize(
    "verdict", [Verdict.REJECTED, Verdict.ASSIGNMENT_FAULT, Verdict.SYSTEM_FAULT]
)
def test_a_run_without_points(homework: Assignment, ada: Membership, verdict: Verdict) -> None:
    """The student reads why, or that it was no fault of theirs; staff read more."""
    told = RunReport(verdict=verdict, reason="line 3", staff_detail=f"for staff {SECRET}")
    done = grade(upload(homework, ada), told)
    for audience in Audience:
        own = runner.to_results(told, runner.Audience(audience))
        assert results_json(done, audience, Phase.OPEN) == own
        assert (SECRET in repr(own)) is (audience is Audience.STAFF)


@pytest.mark.parametrize(
    ("ours", "theirs"), [(visibility.Audience, runner.Audience), (visibility.Phase, runner.Phase)]
)
def test_both_rooms_use_the_same_words(ours: type[Enum], theirs: type[Enum]) -> None:
    """The service's names stand for the runner's, one by one."""
    assert {one.name: one.value for one in ours} == {one.name: one.value for one in theirs}


def test_when_checks_open(homework: Assignment, ada: Membership) -> None:
    """After the whole minute of the deadline, grace included; and after the release."""
    access = seen(homework, ada)
    assert phase_for(access, DUE + MINUTE - timedelta(microseconds=1)) is Phase.OPEN
    assert phase_for(access, DUE + MINUTE) is Phase.PAST_DUE
    access.course.late_policy = LatePolicy(rate=Decimal("0.2"), grace_minutes=10)
    assert phase_for(access, DUE + 10 * MINUTE) is Phase.OPEN
    assert phase_for(access, DUE + 11 * MINUTE) is Phase.PAST_DUE
    access.assignment.released_at = DUE
    assert phase_for(access, ON_TIME) is Phase.PUBLISHED


def test_with_an_extension_they_open_later(homework: Assignment, ada: Membership) -> None:
    """For that student: others' answers are theirs to find."""
    extend(homework, DUE + MINUTE, reason="ill", author=factories.person("Tess"), student=ada)
    bob = factories.membership(ada.course, factories.person("Bob"))
    assert phase_for(seen(homework, ada), DUE + MINUTE) is Phase.OPEN
    assert phase_for(seen(homework, ada), DUE + 2 * MINUTE) is Phase.PAST_DUE
    assert phase_for(seen(homework, bob), DUE + MINUTE) is Phase.PAST_DUE


def seen(homework: Assignment, student: Membership) -> SubmissionAccess:
    """The student's own submission, as they see it."""
    made = factories.submission(homework, student)
    assert student.role == Role.STUDENT
    return SubmissionAccess(homework.course, student, homework, made)
