"""Taking a job: whose turn it is, that one worker gets it, and that it stays taken."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models.functions import Now

from grader import blobs
from grader.domain.states import LEASE, Lane
from grader.models import Assignment, Course, GradingJob, Membership
from grader.pipeline import execute
from grader.pipeline.execute import claim
from grader.pipeline.lease import Lease, from_now
from grader.queries.queue import ago, in_order, place_of
from runners.contract import Verdict
from tests import factories
from tests.factories import ON_TIME
from tests.grader.pipeline.road import at_once, grade, job_of, take, upload

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_a_taken_job_runs(homework: Assignment, ada: Membership) -> None:
    """With the next attempt number, by this worker, for a minute from now."""
    made = upload(homework, ada)
    assert take(owner="worker 7") == Lease(job_of(made).pk, 1)
    job = job_of(made)
    assert (job.state, job.attempt, job.lease_owner) == ("running", 1, "worker 7")
    assert job.started_at is not None
    assert job.lease_until is not None
    assert job.lease_until - job.started_at == pytest.approx(LEASE, abs=timedelta(seconds=1))


def test_nothing_waits(homework: Assignment, ada: Membership) -> None:
    """No job, one that runs, one that is done, one of another day or lane: nothing to take."""
    assert claim(Lane.INTERACTIVE, "worker") is None
    grade(upload(homework, ada))
    running = upload(homework, ada)
    take()
    tomorrow = upload(homework, ada, ON_TIME + HOUR)
    GradingJob.objects.filter(submission=tomorrow).update(not_before=from_now(HOUR))
    assert claim(Lane.INTERACTIVE, "worker") is None
    assert claim(Lane.BULK, "worker") is None
    assert [job_of(running).state, job_of(tomorrow).state] == ["running", "queued"]


def test_when_its_day_has_come(homework: Assignment, ada: Membership) -> None:
    """A job that waited for midnight is taken after it."""
    made = upload(homework, ada)
    GradingJob.objects.filter(submission=made).update(not_before=Now())
    assert take().job_id == job_of(made).pk


@pytest.mark.django_db(transaction=True)
def test_one_job_goes_to_one_worker(homework: Assignment, ada: Membership) -> None:
    """Eight at once: one gets it, the others learn that nothing waits."""
    job = job_of(upload(homework, ada))
    taken = at_once(*[lambda: claim(Lane.INTERACTIVE, "worker")] * 8)
    assert sorted(taken, key=str) == [Lease(job.pk, 1), *[None] * 7]


@pytest.mark.django_db(transaction=True)
def test_many_jobs_go_to_as_many_workers(homework: Assignment, course: Course) -> None:
    """Twelve at once, more than one looks at: each gets a job, and none waits for a later bell."""
    jobs = {job_of(upload(homework, factories.membership(course))).pk for _ in range(12)}
    taken = at_once(*[lambda: claim(Lane.INTERACTIVE, "worker")] * 12)
    assert {lease and lease.job_id for lease in taken} == jobs


def test_whoever_had_fewer_runs_goes_first(
    homework: Assignment, ada: Membership, bob: Membership
) -> None:
    """Ada has been graded twice in the last minutes; Bob, who came later, has not."""
    grade(upload(homework, ada))
    grade(upload(homework, ada))
    adas, bobs = upload(homework, ada), upload(homework, bob)
    order = [job_of(bobs).pk, job_of(adas).pk]
    assert list(in_order(Lane.INTERACTIVE).values_list("pk", flat=True)) == order
    places = [place_of(job_of(bobs)), place_of(job_of(adas))]
    assert [place and (place.position, place.waiting) for place in places] == [(1, 2), (2, 2)]


def test_who_is_tried_again_goes_first(
    homework: Assignment, ada: Membership, bob: Membership
) -> None:
    """It has waited longest, and the try that we lost is no run of the student's."""
    lost = upload(homework, ada)
    take()
    upload(homework, bob)
    GradingJob.objects.filter(submission=lost).update(state="queued", lease_until=None)
    assert take().job_id == job_of(lost).pk


def test_runs_of_long_ago_are_forgotten(
    homework: Assignment, ada: Membership, bob: Membership
) -> None:
    """After ten minutes, who waits longer goes first again."""
    done = grade(upload(homework, ada))
    GradingJob.objects.filter(pk=done.pk).update(started_at=ago(HOUR), finished_at=ago(HOUR))
    adas, bobs = upload(homework, ada), upload(homework, bob)
    order = [job_of(adas).pk, job_of(bobs).pk]
    assert list(in_order(Lane.INTERACTIVE).values_list("pk", flat=True)) == order


def test_a_job_that_does_not_wait_has_no_place(homework: Assignment, ada: Membership) -> None:
    """Neither one that runs nor one of tomorrow."""
    made = upload(homework, ada)
    take()
    tomorrow = upload(homework, ada)
    GradingJob.objects.filter(submission=tomorrow).update(not_before=from_now(HOUR))
    assert [place_of(job_of(made)), place_of(job_of(tomorrow))] == [None, None]


def test_the_wait_is_told_from_history(
    homework: Assignment, ada: Membership, bob: Membership
) -> None:
    """Nothing without it; with it, a run's length for each place in the queue."""
    first = upload(homework, ada)
    place = place_of(job_of(first))
    assert place is not None
    assert place.expected is None
    done = grade(first)
    GradingJob.objects.filter(pk=done.pk).update(
        started_at=ago(timedelta(seconds=40)), finished_at=ago(timedelta(seconds=20))
    )
    place = place_of(job_of(upload(homework, bob)))
    assert place is not None
    assert place.expected == pytest.approx(timedelta(seconds=20), abs=timedelta(seconds=1))


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_renewed_while_the_job_runs(
    homework: Assignment, ada: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a thread, again and again; at the end the thread is gone."""
    monkeypatch.setattr(execute, "RENEW_EVERY", timedelta(milliseconds=20))
    made = upload(homework, ada)
    lease = take()
    GradingJob.objects.update(lease_until=ago(HOUR))
    with execute._renewed(lease):
        deadline = time.monotonic() + 5
        while not renewed(made.pk) and time.monotonic() < deadline:
            time.sleep(0.01)
    assert renewed(made.pk)
    GradingJob.objects.update(lease_until=ago(HOUR))
    time.sleep(0.1)
    assert not renewed(made.pk)


def renewed(submission: int) -> bool:
    """Whether the lease lies in the future, by the database's clock."""
    return GradingJob.objects.filter(submission=submission, lease_until__gt=Now()).exists()


@pytest.mark.django_db(transaction=True)
def test_a_lost_lease_is_not_renewed(homework: Assignment, ada: Membership) -> None:
    """A worker that was given up takes nothing back from the one that followed."""
    made = upload(homework, ada)
    old = take()
    GradingJob.objects.update(state="queued", lease_until=None)
    take(owner="another")
    before = job_of(made).lease_until
    at_once(lambda: execute._renew(old))
    assert job_of(made).lease_until == before


def test_a_lost_file_is_our_fault(homework: Assignment, ada: Membership) -> None:
    """Storage has nothing under the hash: nobody is scored, staff read which."""
    made = upload(homework, ada, files=unique("lost"))
    sha256 = made.files.get(name="question1.py").sha256
    default_storage.delete(blobs.name_of(sha256))
    told = execute.execute(take())
    assert (told.verdict, told.checks) == (Verdict.SYSTEM_FAULT, ())
    assert sha256 in told.staff_detail


def test_a_changed_file_is_our_fault(homework: Assignment, ada: Membership) -> None:
    """Whoever changes a stored upload changes no score."""
    made = upload(homework, ada, files=unique("changed"))
    sha256 = made.files.get(name="question1.py").sha256
    (Path(settings.DATA) / "files" / blobs.name_of(sha256)).write_bytes(b"x = 2\n")
    told = execute.execute(take())
    assert told.verdict is Verdict.SYSTEM_FAULT
    assert told.staff_detail == f"BlobLost('{sha256} has been changed in storage')"


def unique(word: str) -> dict[str, bytes]:
    """An upload whose first file no other test has stored."""
    return {"question1.py": f"x = {word!r}\n".encode(), "question2.py": b"y = 1\n"}
