"""Canaries show that a lane grades; where it does not, people are told, and not too often."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db.models import F

from grader import canary, heartbeats, watch, workers
from grader.domain.states import JobState, Lane, Role
from grader.models import Assignment, AuditEntry, Course, GradingJob, Heartbeat
from grader.queries.queue import ago
from runners.contract import Cell, Submission
from tests import factories
from tests.grader.pipeline.broker import broker_at, waiting
from tests.servers import RedisServer, redis_server

pytestmark = pytest.mark.redis
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


@pytest.fixture
def lane(redis: RedisServer, db: None) -> Iterator[RedisServer]:
    """A broker, and a worker that has said that it serves the lane."""
    redis.flushall()
    with broker_at(redis.url):
        workers.tell(workers.WorkerSeen("worker@there", (Lane.INTERACTIVE,), 2))
        yield redis


@pytest.fixture
def homework(db: None) -> Assignment:
    return factories.assignment(factories.course())


def waits(homework: Assignment, minutes: int = 0, **fields: Any) -> GradingJob:
    """A submission that has waited so long."""
    made = factories.submission(homework, factories.membership(homework.course))
    job = factories.job(made, **fields)
    GradingJob.objects.filter(pk=job.pk).update(queued_at=ago(minutes * MINUTE))
    return job


def test_an_idle_lane_gets_one(lane: RedisServer) -> None:
    """One that nobody serves gets none: nobody would hear it."""
    watch.watch()
    assert waiting(lane, "interactive") == ["['interactive']"]
    assert (waiting(lane, "bulk"), waiting(lane, "gpu")) == ([], [])
    assert Heartbeat.objects.get(part="interactive").rung_at is not None


def test_students_come_first(lane: RedisServer, homework: Assignment) -> None:
    """No canary where somebody waits, and none is graded that was sent before."""
    watch.watch()
    waits(homework)
    watch.watch()
    assert len(waiting(lane, "interactive")) == 1
    watch.answer(Lane.INTERACTIVE, "worker")
    assert Heartbeat.objects.get(part="interactive").seen_at is None


def test_who_waits_for_another_day_is_nobody(lane: RedisServer, homework: Assignment) -> None:
    job = waits(homework)
    GradingJob.objects.filter(pk=job.pk).update(not_before=ago(-60 * MINUTE))
    watch.watch()
    assert len(waiting(lane, "interactive")) == 1


@pytest.mark.parametrize(("seconds", "sent"), [(30, 0), (90, 1)])
def test_real_work_takes_its_place(
    lane: RedisServer, homework: Assignment, seconds: int, sent: int
) -> None:
    job = waits(homework, 5)
    ended = {"finished_at": ago(timedelta(seconds=seconds)), "started_at": F("queued_at")}
    change = {"state": JobState.DONE, "verdict": "graded", **ended}
    GradingJob.objects.filter(pk=job.pk).update(**change)
    watch.watch()
    assert len(waiting(lane, "interactive")) == sent


def test_who_grades_in_one_lane_lives_in_its_others(
    lane: RedisServer, homework: Assignment
) -> None:
    """A worker takes nothing from the second lane while there is work in the first."""
    workers.tell(workers.WorkerSeen("worker@there", (Lane.INTERACTIVE, Lane.BULK), 2))
    job = waits(homework)
    running = {"state": JobState.RUNNING, "lease_until": ago(-1 * MINUTE)}
    GradingJob.objects.filter(pk=job.pk).update(**running)
    watch.watch()
    assert (waiting(lane, "interactive"), waiting(lane, "bulk")) == ([], [])


@pytest.mark.django_db
def test_without_a_broker_nothing_is_sent_and_nothing_breaks() -> None:
    watch.watch()
    assert not Heartbeat.objects.exists()


@pytest.mark.django_db
def test_a_worker_that_cannot_grade_gives_no_sign_of_life(settings: Any) -> None:
    """It hears the bell, and its sandbox does not open."""
    settings.SANDGLASS_SANDBOX, settings.SANDGLASS_ALLOW_PROCESS = "process", False
    heartbeats.rung("interactive")
    watch.answer(Lane.INTERACTIVE, "worker")
    heart = Heartbeat.objects.get(part="interactive")
    assert heart.seen_at is None
    assert heart.trouble.startswith("This machine has neither Docker nor bubblewrap")


@pytest.mark.bubblewrap
def test_a_canary_that_does_not_sing(settings: Any) -> None:
    """Its one check is a real one."""
    settings.SANDGLASS_SANDBOX = "bubblewrap"
    wrong = Cell("def add(a, b):\n    return a - b\n")
    song = Submission((replace(canary.REQUEST.submission.modules[0], cells=(wrong,)),))
    said = canary.sing(replace(canary.REQUEST, submission=song))
    assert said.startswith("its check ended as failed: ")


@pytest.fixture
def people(homework: Assignment) -> Course:
    """A TA and an instructor of the course, of another one, and an operator."""
    other = factories.course("comp1001")
    factories.membership(homework.course, factories.person("Ta"), Role.TA)
    factories.membership(homework.course, factories.person("Lect"), Role.INSTRUCTOR)
    factories.membership(homework.course, factories.person("Left"), Role.TA, active=False)
    factories.membership(other, factories.person("Elsewhere"), Role.TA)
    factories.person("Operator", is_superuser=True)
    return homework.course


def told() -> list[str]:
    return [address.partition("@")[0] for message in mail.outbox for address in message.to]


def test_a_lane_that_stands_still_is_told_once_an_hour(
    homework: Assignment, people: Course
) -> None:
    """By mail and in the audit log, to whom it concerns."""
    waits(homework, 4)
    waits(homework, 3)
    watch.watch()
    watch.watch()
    assert told() == ["lect", "operator", "ta"]
    assert mail.outbox[0].body.startswith(
        "Nothing is graded in the lane interactive: 2 submissions waiting, the first for 4 minutes,"
        " and no sign of life of its workers.\n"
    )
    (entry,) = AuditEntry.objects.all()
    assert (entry.course, entry.action, entry.subject) == (people, "service.trouble", "interactive")
    Heartbeat.objects.update(told_at=ago(61 * MINUTE))
    watch.watch()
    assert len(told()) == 6


@pytest.mark.parametrize("minutes", [0, 2])
def test_who_waits_for_a_moment_alarms_nobody(
    homework: Assignment, people: Course, minutes: int
) -> None:
    waits(homework, minutes)
    watch.watch()
    assert told() == []


def test_a_lane_that_is_at_work_is_not_called_dead(homework: Assignment, people: Course) -> None:
    """However long its queue; but a long wait is told too, from the site's limit on."""
    waits(homework, 29)
    heartbeats.well("interactive", 1.0)
    watch.watch()
    assert told() == []
    waits(homework, 31)
    watch.watch()
    assert mail.outbox[0].body.startswith(
        "The lane interactive is slow: 2 submissions waiting, the first for 31 minutes."
    )


def test_why_the_canary_failed_is_told(homework: Assignment, people: Course) -> None:
    heartbeats.troubled("interactive", "the guest did not start")
    waits(homework, 5)
    watch.watch()
    assert "The last canary said: the guest did not start\n" in mail.outbox[0].body


def test_a_worker_notices_that_the_clock_is_gone(
    homework: Assignment, people: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two jobs, and at most once a minute."""
    monkeypatch.setattr(watch, "_watched", float("-inf"))
    waits(homework)
    heartbeats.well("sweep", 0.1)
    Heartbeat.objects.update(seen_at=ago(4 * MINUTE))
    watch.watch_now_and_then()
    assert mail.outbox[0].body.startswith("The sweep has not run for some minutes")
    Heartbeat.objects.update(told_at=None)
    watch.watch_now_and_then()
    assert len(mail.outbox) == 3


@pytest.mark.django_db
def test_a_site_that_never_swept_is_a_new_one() -> None:
    watch.watch()
    assert mail.outbox == []
