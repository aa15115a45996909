"""A regrade's jobs stand beside what counts: no page, score, alert or attempt knows of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from grader.access import assignment_for, course_for, submission_for
from grader.domain.states import MAX_ATTEMPTS, RING_AGAIN_IN_BULK, JobState, Lane
from grader.models import (
    Assignment,
    AuditEntry,
    CheckResult,
    GradingJob,
    Membership,
    Regrade,
    Score,
    Submission,
)
from grader.pipeline.enqueue import attempts_used
from grader.pipeline.extend import extend
from grader.pipeline.grade import settle
from grader.pipeline.retry import retry
from grader.pipeline.sweep import sweep
from grader.queries.course import course_page
from grader.queries.grades import grades_page
from grader.queries.grading import grading_page
from grader.queries.homework import homework_page
from grader.queries.operations import LaneState, service_state
from grader.queries.queue import ago, in_order, place_of
from grader.queries.staff import submission_list
from grader.queries.statistics import job_counts, phase_seconds, shadow_counts
from grader.queries.submission import submission_page
from grader.watch import tell
from tests import factories
from tests.factories import DUE
from tests.grader.pipeline.broker import broker_at, waiting
from tests.grader.pipeline.road import SYSTEM_FAULT, earned, grade, take, upload
from tests.servers import RedisServer, redis_server

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def regrade(homework: Assignment, lect: Membership) -> Regrade:
    """One that runs; its rows are made by hand here."""
    assert homework.version is not None
    return Regrade.objects.create(
        assignment=homework,
        version=homework.version,
        scope="all",
        reason="A check was wrong.",
        author=lect.user,
    )


def shadow(regrade: Regrade, made: Submission, state: JobState, **fields: Any) -> GradingJob:
    """A job of the regrade for this submission."""
    plain = {"regrade": regrade, "shadow": True, "lane": Lane.BULK.value}
    return factories.job(made, state, **{**plain, **fields})


def every_page(made: Submission, reader: Membership, at: datetime) -> list[Any]:
    """What this reader is shown, page by page; `at` is when the queue's picture is drawn."""
    homework = made.assignment
    now = DUE - HOUR
    course = course_for(reader.user, homework.course.slug)
    access = assignment_for(reader.user, homework.course.slug, homework.slug, now)
    pages: list[Any] = [
        course_page(course, now),
        grades_page(course, now),
        homework_page(access, now),
        submission_page(submission_for(reader.user, made.pk), now),
        attempts_used(Submission(assignment=homework, student=reader), now - 2 * HOUR * 24),
    ]
    if course.is_staff:
        grading = grading_page(course, at)
        pages += [submission_list(access), grading.faults, grading.history]
        pages += [sorted(job_counts(), key=str), phase_seconds()]
    return pages


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.FAULT, JobState.DONE])
def test_nobody_sees_them(
    homework: Assignment, ada: Membership, lect: Membership, regrade: Regrade, state: JobState
) -> None:
    """Newer than what counts, and with other points: every page is as before."""
    made = upload(homework, ada)
    grade(made, earned(7))
    at = timezone.now()
    before = [every_page(made, reader, at) for reader in (ada, lect)]
    facts = {
        JobState.DONE: {"verdict": "graded", "started_at": ago(HOUR), "finished_at": ago(0 * HOUR)},
        JobState.FAULT: {"verdict": "assignment_fault", "finished_at": ago(0 * HOUR)},
    }
    shadow(regrade, made, state, staff_detail="broken", **facts.get(state, {}))
    after = [every_page(made, reader, at) for reader in (ada, lect)]
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, True]
    assert shadow_counts() == {state.value: 1}


def test_its_report_scores_nothing(
    homework: Assignment, ada: Membership, lect: Membership, regrade: Regrade
) -> None:
    """Nor when every score is made again for another reason."""
    made = upload(homework, ada)
    grade(made, earned(7))
    job = shadow(regrade, made, JobState.QUEUED)
    settled = settle(take(Lane.BULK), earned(2))
    assert settled is not None
    assert (settled.pk, settled.state) == (job.pk, "done")
    assert CheckResult.objects.get(job=job).points == Decimal(2)
    extend(homework, DUE + HOUR, reason="A storm.", author=lect.user)
    assert {score.raw for score in Score.objects.all()} == {Decimal(7)}


def test_its_fault_is_mailed_to_nobody(
    homework: Assignment,
    ada: Membership,
    bob: Membership,
    lect: Membership,
    regrade: Regrade,
    django_capture_on_commit_callbacks: Any,
) -> None:
    """And does not keep the mail back that a student's own fault is worth."""
    made = upload(homework, ada)
    grade(made)
    other = upload(homework, bob)
    with django_capture_on_commit_callbacks(execute=True):
        shadow(regrade, made, JobState.QUEUED, attempt=MAX_ATTEMPTS - 1)
        settle(take(Lane.BULK), SYSTEM_FAULT)
    assert mail.outbox == []
    assert AuditEntry.objects.get(action="job.fault").subject == f"regrade {regrade.pk}"
    assert retry(made, lect.user) is None
    with django_capture_on_commit_callbacks(execute=True):
        GradingJob.objects.filter(submission=other).update(attempt=MAX_ATTEMPTS - 1)
        grade(other, SYSTEM_FAULT)
    assert [message.to for message in mail.outbox] == [[lect.user.email]]


def test_a_new_upload_leaves_them_in_the_queue(
    homework: Assignment, ada: Membership, regrade: Regrade
) -> None:
    """It takes the place of the student's own jobs alone."""
    made = upload(homework, ada)
    job = shadow(regrade, made, JobState.QUEUED)
    upload(homework, ada, factories.ON_TIME + HOUR)
    job.refresh_from_db()
    own = GradingJob.objects.get(submission=made, shadow=False)
    assert (own.state, job.state) == ("superseded", "queued")


def test_students_come_first(
    homework: Assignment, ada: Membership, bob: Membership, regrade: Regrade
) -> None:
    """Also where both wait in one lane, as for a GPU; and a regrade is nobody's runs."""
    done = upload(homework, ada)
    grade(done)
    older = shadow(regrade, done, JobState.QUEUED, lane=Lane.INTERACTIVE.value)
    GradingJob.objects.filter(pk=older.pk).update(queued_at=ago(HOUR))
    first, second = upload(homework, bob), upload(homework, ada)
    shadow(regrade, first, JobState.REJECTED, verdict="rejected", started_at=ago(timedelta(0)))
    mine = GradingJob.objects.get(submission=second)
    turn = list(in_order(Lane.INTERACTIVE).values_list("pk", flat=True))
    assert turn == [
        GradingJob.objects.get(submission=first, state=JobState.QUEUED).pk,
        mine.pk,
        older.pk,
    ]
    place = place_of(mine)
    assert place is not None
    assert (place.position, place.waiting) == (2, 2)


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    """A real broker."""
    with redis_server() as started:
        yield started


@pytest.mark.redis
def test_the_sweep_rings_for_students_first_and_rarely_for_a_regrade(
    server: RedisServer,
    homework: Assignment,
    ada: Membership,
    regrade: Regrade,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A regrade that waits for hours must not fill the broker, nor keep a lost bell lost."""
    monkeypatch.setattr("grader.pipeline.sweep._BELLS", 2)
    made = [upload(homework, ada, factories.ON_TIME - number * HOUR) for number in range(4)]
    GradingJob.objects.update(state=JobState.SUPERSEDED)
    jobs = [shadow(regrade, each, JobState.QUEUED, queued_at=ago(HOUR)) for each in made[:3]]
    own = factories.job(made[3])
    with broker_at(server.url):
        server.flushall()
        assert sweep().rung == 3
        assert waiting(server) == [f"[{own.pk}]"]
        assert sorted(waiting(server, "bulk")) == [f"[{job.pk}]" for job in jobs[:2]]
        GradingJob.objects.update(rung_at=ago(RING_AGAIN_IN_BULK / 2))
        assert sweep().rung == 1
        GradingJob.objects.update(rung_at=ago(RING_AGAIN_IN_BULK * 2))
        assert sweep().rung == 3


def test_a_regrade_that_takes_hours_is_no_trouble_but_one_that_nobody_grades_is(
    homework: Assignment, ada: Membership, lect: Membership, regrade: Regrade
) -> None:
    """Staff are told as of any lane that stands still."""
    made = upload(homework, ada)
    grade(made)
    shadow(regrade, made, JobState.QUEUED, queued_at=ago(5 * HOUR))
    state = service_state()
    bulk = next(lane for lane in state.lanes if lane.lane == Lane.BULK)
    assert (bulk.waiting, bulk.oldest, bulk.regrading) == (0, None, 1)
    tell(state)
    (message,) = mail.outbox
    assert message.to == [lect.user.email]
    assert str(message.body).startswith("A regrade stands still: 1 of its gradings wait")
    GradingJob.objects.filter(pk=job_of_counted(made).pk).update(lane=Lane.BULK.value)
    mail.outbox.clear()
    tell(service_state())
    assert mail.outbox == []
    assert LaneState(Lane.BULK).regrading_oldest is None


def job_of_counted(made: Submission) -> GradingJob:
    """The job that counts."""
    return GradingJob.objects.get(submission=made, shadow=False)
