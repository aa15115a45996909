"""The bell: rung within a moment or not at all, and an upload never waits for the broker."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import OperationalError

from grader import live
from grader.domain.states import Lane
from grader.models import Assignment, GradingJob, Membership
from grader.pipeline import enqueue
from grader.pipeline.enqueue import ring
from tests.grader.pipeline.broker import broker_at, waiting
from tests.grader.pipeline.road import job_of, upload
from tests.servers import RedisServer, free_port, redis_server

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 3.0
"""Seconds that a student may wait for a broker that is not there."""


@contextmanager
def silent_port() -> Iterator[int]:
    """A port that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    """A real broker."""
    with redis_server() as started:
        yield started


@pytest.mark.redis
def test_an_upload_rings_for_its_job(
    server: RedisServer, homework: Assignment, ada: Membership
) -> None:
    """One message, with the job's id and nothing else; the row tells when."""
    server.flushall()
    with broker_at(server.url):
        job = job_of(upload(homework, ada))
    assert waiting(server) == [f"[{job.pk}]"]
    assert job.rung_at is not None


def test_a_closed_port(homework: Assignment, ada: Membership) -> None:
    """The upload is taken at once; the row tells that nobody heard of it."""
    with broker_at(f"redis://127.0.0.1:{free_port()}/0"):
        began = time.monotonic()
        job = job_of(upload(homework, ada))
    assert time.monotonic() - began < PATIENCE
    assert (job.state, job.rung_at) == ("queued", None)


def test_a_port_that_never_answers(homework: Assignment, ada: Membership) -> None:
    """The upload is taken as if there were no broker."""
    with silent_port() as port, broker_at(f"redis://127.0.0.1:{port}/0"):
        began = time.monotonic()
        job = job_of(upload(homework, ada))
    assert time.monotonic() - began < PATIENCE
    assert (job.state, job.rung_at) == ("queued", None)


@pytest.mark.redis
def test_a_broker_that_hangs_after_a_good_start(homework: Assignment, ada: Membership) -> None:
    """A connection that worked a moment ago is no reason to wait for ever."""
    with redis_server() as own, broker_at(own.url):
        job = job_of(upload(homework, ada))
        with stopped(own):
            began = time.monotonic()
            assert ring(job.pk, Lane.INTERACTIVE) is False
            assert time.monotonic() - began < PATIENCE
        assert ring(job.pk, Lane.INTERACTIVE) is True


@pytest.mark.redis
def test_the_row_of_a_taken_job_is_left_alone(
    server: RedisServer, homework: Assignment, ada: Membership
) -> None:
    """A bell that comes too late changes nothing."""
    job = job_of(upload(homework, ada))
    GradingJob.objects.filter(pk=job.pk).update(state="superseded")
    with broker_at(server.url):
        assert ring(job.pk, Lane.INTERACTIVE) is True
    job.refresh_from_db()
    assert (job.state, job.rung_at) == ("superseded", None)


def test_the_feed_gives_up_at_the_first_event() -> None:
    """A run is not slowed down by watchers that cannot watch."""
    feed = live.Feed(1, 1)
    began = time.monotonic()
    for _ in range(50):
        feed.publish({"event": "starting"})
    feed.finish("done")
    assert time.monotonic() - began < PATIENCE


@contextmanager
def stopped(server: RedisServer) -> Iterator[None]:
    """The server's process stands still as long as the block runs; its port stays open."""
    launcher = server._child.pid
    listed = subprocess.run(["pgrep", "-P", str(launcher)], capture_output=True, check=False)
    pids = [launcher, *map(int, listed.stdout.split())]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_a_bell_that_falls_over(
    homework: Assignment, ada: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the database goes right after it has taken the upload: the upload is taken."""

    def fall_over(*_job: object) -> None:
        raise OperationalError("terminating connection due to administrator command")

    monkeypatch.setattr(enqueue, "ring", fall_over)
    assert job_of(upload(homework, ada)).state == "queued"
