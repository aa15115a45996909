"""What is lost is found again: leases without a worker, jobs without a bell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core import mail
from django.db.models.functions import Now

from grader.domain.states import RING_AGAIN_AFTER, Role
from grader.models import Assignment, AuditEntry, GradingJob, Membership
from grader.pipeline.grade import settle
from grader.pipeline.lease import from_now
from grader.pipeline.sweep import Swept, sweep
from grader.queries.queue import ago
from tests import factories
from tests.grader.pipeline.broker import broker_at, waiting
from tests.grader.pipeline.road import at_once, grade, job_of, report, take, upload
from tests.servers import RedisServer, redis_server

pytestmark = [pytest.mark.django_db, pytest.mark.redis]
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    """A real broker."""
    with redis_server() as started:
        yield started


@pytest.fixture
def broker(server: RedisServer) -> Iterator[RedisServer]:
    """The broker, empty, as the service's own."""
    server.flushall()
    with broker_at(server.url):
        yield server


def test_nothing_to_do(broker: RedisServer, homework: Assignment, ada: Membership) -> None:
    """A job that runs, one that is done, and one whose bell is young: left alone."""
    grade(upload(homework, ada))
    running = upload(homework, ada)
    take()
    young = upload(homework, ada)
    GradingJob.objects.filter(submission=young).update(rung_at=Now())
    assert sweep() == Swept(returned=0, given_up=0, rung=0)
    assert [job_of(running).state, job_of(young).state] == ["running", "queued"]
    assert waiting(broker) == []


def test_an_expired_lease_is_returned(
    broker: RedisServer, homework: Assignment, ada: Membership
) -> None:
    """The worker is gone: the job waits again, is rung for, and the next try is the second."""
    made = upload(homework, ada)
    lost = take()
    GradingJob.objects.update(lease_until=ago(timedelta(seconds=1)))
    assert sweep() == Swept(returned=1, given_up=0, rung=1)
    job = job_of(made)
    assert (job.state, job.attempt, job.lease_owner, job.lease_until) == ("queued", 1, "", None)
    assert waiting(broker) == [f"[{job.pk}]"]
    assert settle(lost, report()) is None
    assert take().attempt == 2


def test_after_three_workers_it_is_given_up(
    broker: RedisServer, homework: Assignment, ada: Membership
) -> None:
    """What kills three workers would kill a fourth: staff are told, nobody is scored."""
    made = upload(homework, ada)
    for attempt in (1, 2, 3):
        assert take().attempt == attempt
        GradingJob.objects.update(lease_until=ago(HOUR))
        swept = sweep()
    assert swept == Swept(returned=0, given_up=1, rung=0)
    job = job_of(made)
    assert (job.state, job.verdict, job.lease_until) == ("fault", "system_fault", None)
    assert job.staff_detail == "The worker was lost in each of the attempts."
    assert AuditEntry.objects.get().detail["job"] == job.pk
    assert sweep() == Swept(returned=0, given_up=0, rung=0)


@pytest.mark.django_db(transaction=True)
def test_staff_are_told_by_mail(broker: RedisServer, homework: Assignment, ada: Membership) -> None:
    """As of any other fault."""
    factories.membership(homework.course, factories.person("Ida"), Role.INSTRUCTOR)
    upload(homework, ada)
    take()
    GradingJob.objects.update(lease_until=ago(HOUR), attempt=3)
    sweep()
    assert [letter.to for letter in mail.outbox] == [["ida@example.edu"]]


@pytest.mark.parametrize(
    ("age", "rung"), [(RING_AGAIN_AFTER - timedelta(seconds=5), 0), (RING_AGAIN_AFTER, 1)]
)
def test_an_old_bell_is_rung_again(
    broker: RedisServer, homework: Assignment, ada: Membership, age: timedelta, rung: int
) -> None:
    """A message may be lost; the row is not."""
    upload(homework, ada)
    GradingJob.objects.update(rung_at=ago(age))
    assert sweep().rung == rung
    assert sweep().rung == 0


def test_a_bell_that_nobody_heard(
    broker: RedisServer, homework: Assignment, ada: Membership, bob: Membership
) -> None:
    """After uploads while the broker was away: each is rung for, once."""
    jobs = [job_of(upload(homework, student)).pk for student in (ada, bob)]
    assert sweep() == Swept(returned=0, given_up=0, rung=2)
    assert sorted(waiting(broker)) == [f"[{pk}]" for pk in jobs]
    assert sweep().rung == 0


def test_one_of_tomorrow_is_not_rung_for(
    broker: RedisServer, homework: Assignment, ada: Membership
) -> None:
    """Until its day has come."""
    upload(homework, ada)
    GradingJob.objects.update(not_before=from_now(HOUR))
    assert sweep().rung == 0
    GradingJob.objects.update(not_before=ago(HOUR))
    assert sweep().rung == 1


def test_without_a_broker(homework: Assignment, ada: Membership) -> None:
    """Leases are returned all the same; the bells wait for the next sweep."""
    upload(homework, ada)
    take()
    GradingJob.objects.update(lease_until=ago(HOUR))
    assert sweep() == Swept(returned=1, given_up=0, rung=0)
    assert GradingJob.objects.get().rung_at is None


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once(broker: RedisServer, homework: Assignment, ada: Membership) -> None:
    """Do no more than one."""
    upload(homework, ada)
    take()
    GradingJob.objects.update(lease_until=ago(HOUR), attempt=3)
    swept = at_once(sweep, sweep)
    assert sorted(one.given_up for one in swept) == [0, 1]
    assert AuditEntry.objects.count() == 1
