"""A whole job: taken, really run in sandboxes, and kept with all that follows."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.db.models import Sum

from assignments.loader import load_assignment, solution_files
from grader.domain.states import Lane
from grader.models import Assignment, AuditEntry, Course, GradeEntry, Membership, Score
from grader.pipeline import execute, grade
from grader.pipeline.grade import grade_next
from tests import factories
from tests.assignments.homework import write_homework
from tests.factories import HW1
from tests.grader.pipeline.road import RIGHT, check, job_of, report, upload

pytestmark = pytest.mark.django_db(transaction=True)
MUTANT = HW1 / "mutants" / "relu_flat_at_zero"


def texts(*folders: Path) -> dict[str, bytes]:
    """The Python files of the first folder, each replaced by that of a later one."""
    return {path.name: path.read_bytes() for folder in folders for path in folder.glob("*.py")}


def test_nothing_waits() -> None:
    """A bell for nothing."""
    assert grade_next(Lane.INTERACTIVE, "worker") is None


@pytest.fixture
def sandbox() -> Iterator[None]:
    """This process grades in bubblewrap; what it keeps warm ends with the test."""
    before, settings.SANDGLASS_SANDBOX = settings.SANDGLASS_SANDBOX, "bubblewrap"
    yield
    execute.cool_down()
    settings.SANDGLASS_SANDBOX = before


@pytest.mark.bubblewrap
def test_homework_1_in_real_sandboxes(sandbox: None, course: Course, ada: Membership) -> None:
    """The solution earns all points; a mutant the sum of its checks, and fails as foretold."""
    homework = factories.assignment(course)
    solution = upload(homework, ada, files=solution_files(HW1, load_assignment(HW1)))
    assert grade_next(Lane.INTERACTIVE, "worker") == job_of(solution).pk
    mutant = upload(homework, ada, files=texts(HW1 / "solution", MUTANT))
    assert grade_next(Lane.INTERACTIVE, "worker") == job_of(mutant).pk

    assert Score.objects.get(submission=solution).final == 100
    assert {row.outcome for row in job_of(solution).results.all()} == {"passed"}
    rows = job_of(mutant).results
    earned = rows.aggregate(sum=Sum("points"))["sum"]
    assert Score.objects.get(submission=mutant).raw == Decimal(earned)
    assert set(rows.exclude(outcome="passed").values_list("check_id", flat=True)) == foretold()
    assert GradeEntry.objects.get(student=ada).score.submission == solution


def foretold() -> set[str]:
    """The checks that the mutant's author says must fail."""
    told: Mapping[str, list[str]] = tomllib.loads((MUTANT / "expect.toml").read_text())
    return set(told["fails"])


@pytest.mark.bubblewrap
def test_a_suite_that_breaks(
    sandbox: None, course: Course, ada: Membership, tmp_path: Path
) -> None:
    """In the middle of the term: staff are alerted, nobody is scored."""
    broken: dict[str, str | None] = {
        "checks/hidden/test_question2.py": "import question2\nimport no_such_module\n"
    }
    homework = factories.assignment(course, "hw0", write_homework(tmp_path / "hw0", broken))
    made = upload(homework, ada, files=RIGHT)
    grade_next(Lane.INTERACTIVE, "worker")
    job = job_of(made)
    assert (job.state, job.verdict) == ("fault", "assignment_fault")
    assert "no_such_module" in job.staff_detail
    assert AuditEntry.objects.get().action == "job.fault"
    assert not Score.objects.exists()


def test_a_report_that_no_table_takes(
    homework: Assignment, ada: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two checks of one id: not kept, tried again, and in the end staff read why."""
    twice = report(check(1, 5, 5), check(1, 5, 5))
    monkeypatch.setattr(grade, "execute", lambda lease, tell: twice)
    made = upload(homework, ada)
    for _ in range(3):
        assert grade_next(Lane.INTERACTIVE, "worker") == job_of(made).pk
        type(job_of(made)).objects.update(not_before=None)
    job = job_of(made)
    assert (job.state, job.attempt, job.verdict) == ("fault", 3, "system_fault")
    assert job.staff_detail.startswith("The report could not be kept: IntegrityError(")
    assert (job.results.count(), Score.objects.count()) == (0, 0)


def test_whatever_goes_wrong_is_our_fault(
    homework: Assignment, ada: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error that nobody foresaw scores nobody and keeps the job."""

    def fall_over() -> None:
        raise RuntimeError("the cellar is under water")

    monkeypatch.setattr(execute, "_grader", fall_over)
    made = upload(homework, ada)
    grade_next(Lane.INTERACTIVE, "worker")
    job = job_of(made)
    assert (job.state, job.attempt) == ("queued", 1)
    assert job.staff_detail == "RuntimeError('the cellar is under water')"
