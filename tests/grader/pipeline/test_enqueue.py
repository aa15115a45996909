"""Who waits, since when, and what a newer upload takes out of the queue."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assignments.spec import AssignmentSpec
from grader.domain.states import JobState, Lane
from grader.models import Assignment, Course, GradingJob, Membership, Submission
from grader.pipeline.enqueue import enqueue, lane_of
from grader.pipeline.extend import extend
from grader.versions import store_version
from runners.contract import RunReport, Verdict
from tests import factories
from tests.assignments.homework import declaration, write_homework
from tests.factories import DUE, ON_TIME
from tests.grader.pipeline.road import grade, job_of, report, take, upload

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
LATE = DUE + timedelta(hours=2)
NEXT_DAY = datetime(2026, 3, 9, 16, tzinfo=UTC)
"""The midnight in Hong Kong that follows `ON_TIME`."""
REJECTED = RunReport(verdict=Verdict.REJECTED, reason="question1.py, line 3: invalid syntax")
FAULT = RunReport(verdict=Verdict.ASSIGNMENT_FAULT, staff_detail="the suite does not import")


def states(*submissions: Submission) -> list[str]:
    """The state of each submission's job."""
    return [job_of(made).state for made in submissions]


def test_a_newer_upload_takes_the_place_of_one_that_waits(
    homework: Assignment, ada: Membership
) -> None:
    """The older one costs nothing and is never run."""
    old, new = upload(homework, ada), upload(homework, ada, ON_TIME + HOUR)
    assert states(old, new) == ["superseded", "queued"]
    assert job_of(old).finished_at is not None


def test_one_that_runs_is_left_alone(homework: Assignment, ada: Membership) -> None:
    """A run that has begun ends, and its report is taken."""
    old = upload(homework, ada)
    take()
    assert states(old, upload(homework, ada)) == ["running", "queued"]


def test_a_late_upload_does_not_take_the_place_of_one_on_time(
    homework: Assignment, ada: Membership
) -> None:
    """Else who tries again after the deadline would lose the full points of before."""
    old, new = upload(homework, ada), upload(homework, ada, LATE)
    assert states(old, new) == ["queued", "queued"]


def test_of_two_late_uploads_the_newer_stays(homework: Assignment, ada: Membership) -> None:
    """Equally late costs the same; a day later does not."""
    one, two = upload(homework, ada, LATE), upload(homework, ada, LATE + HOUR)
    three = upload(homework, ada, LATE + timedelta(days=1))
    assert states(one, two, three) == ["superseded", "queued", "queued"]


def test_an_extension_makes_both_on_time(homework: Assignment, ada: Membership) -> None:
    """Lateness is measured by the student's own deadline."""
    author = factories.person("Teacher")
    extend(homework, LATE + HOUR, reason="ill", author=author, student=ada)
    old, new = upload(homework, ada), upload(homework, ada, LATE)
    assert states(old, new) == ["superseded", "queued"]


def test_others_and_other_homeworks_are_left_alone(
    homework: Assignment, ada: Membership, bob: Membership, course: Course, folder: Path
) -> None:
    """Each student has a place for each homework."""
    other = factories.assignment(course, "hw7", folder)
    made = [upload(homework, bob), upload(other, ada), upload(homework, ada)]
    assert states(*made) == ["queued", "queued", "queued"]


def test_without_attempts_left_it_waits_for_midnight(homework: Assignment, ada: Membership) -> None:
    """Three a day are graded, by the course's calendar; a fourth is taken and waits."""
    for _ in range(3):
        made = upload(homework, ada)
        assert job_of(made).not_before is None
        grade(made)
    assert job_of(upload(homework, ada)).not_before == NEXT_DAY


def test_the_next_day_has_its_own_attempts(homework: Assignment, ada: Membership) -> None:
    """Midnight in Hong Kong, not in Greenwich."""
    for _ in range(3):
        grade(upload(homework, ada, NEXT_DAY - timedelta(seconds=1)))
    assert job_of(upload(homework, ada, NEXT_DAY)).not_before is None


@pytest.mark.parametrize("outcome", [REJECTED, FAULT])
def test_what_told_no_score_is_no_attempt(
    homework: Assignment, ada: Membership, outcome: RunReport
) -> None:
    """A file that does not parse, or a suite that is broken, costs no attempt."""
    for _ in range(4):
        made = upload(homework, ada)
        assert job_of(made).not_before is None
        grade(made, outcome)


def test_what_was_superseded_is_no_attempt(homework: Assignment, ada: Membership) -> None:
    """Nobody saw a score of it."""
    made = [upload(homework, ada) for _ in range(6)]
    assert [job_of(one).not_before for one in made] == [None] * 6


def test_one_more_on_the_day_keeps_its_place(homework: Assignment, ada: Membership) -> None:
    """What waits for tomorrow is superseded as well: the newest is graded tomorrow."""
    for _ in range(3):
        grade(upload(homework, ada))
    old, new = upload(homework, ada), upload(homework, ada)
    assert states(old, new) == ["superseded", "queued"]
    assert job_of(new).not_before == NEXT_DAY


def test_without_a_number_there_is_no_limit(
    course: Course, ada: Membership, tmp_path: Path
) -> None:
    """A homework that names no attempts grades them all."""
    free = write_homework(tmp_path / "hw0", declaration("[attempts]\nper_day = 3\n", ""))
    homework = factories.assignment(course, "hw0", free)
    for _ in range(5):
        made = upload(homework, ada)
        grade(made)
        assert job_of(made).not_before is None


def test_a_job_is_for_the_content_in_force(
    homework: Assignment, ada: Membership, folder: Path, tmp_path: Path
) -> None:
    """A mended suite grades what comes after it; what was queued before keeps its own."""
    old = upload(homework, ada)
    mended = shutil.copytree(folder, tmp_path / "hw0")
    write_homework(mended, {"statement.md": "# Homework 0, mended\n"})
    first, homework.version = homework.version, store_version(homework, mended)
    homework.save()
    new = upload(homework, ada, LATE)
    assert (job_of(old).version, job_of(new).version) == (first, homework.version)
    assert first != homework.version


def test_enqueued_again_it_has_one_active_job(homework: Assignment, ada: Membership) -> None:
    """A second job takes the place of the first that waits."""
    made = upload(homework, ada)
    enqueue(made, Lane.INTERACTIVE)
    listed = GradingJob.objects.filter(submission=made).order_by("pk")
    assert [job.state for job in listed] == [JobState.SUPERSEDED, JobState.QUEUED]


def test_a_homework_with_gpus_has_its_own_lane(homework: Assignment) -> None:
    """Only workers with a GPU listen there."""
    assert homework.version is not None
    spec: AssignmentSpec = homework.version.spec
    assert lane_of(spec) == "interactive"
    assert lane_of(replace(spec, gpus=1)) == "gpu"


def test_the_report_of_a_superseded_job_is_no_score(homework: Assignment, ada: Membership) -> None:
    """Only the newest is next, and graded."""
    upload(homework, ada)
    newest = upload(homework, ada)
    assert grade(newest, report()).state == "done"
    assert GradingJob.objects.filter(state=JobState.QUEUED).count() == 0
