"""Workers tell that a GPU is at work; what they tell expires, and nobody waits for an answer."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings

from grader import gpus, workers
from grader.demo.child import Child
from tests.factories import ROOT
from tests.gpu_host import path_with_gpu
from tests.grader.pipeline.broker import broker_at
from tests.servers import RedisServer, free_port, redis_server

PATIENCE = 45.0


@pytest.fixture(autouse=True)
def rested(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test before this one has met a server that was away."""
    monkeypatch.setattr(gpus, "_away_until", 0.0)


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with redis_server() as started, broker_at(started.url):
        yield started


@pytest.mark.redis
def test_what_is_told_expires(server: RedisServer) -> None:
    assert [gpus.at_work(count) for count in (1, 2, 3)] == [False, False, False]
    gpus.tell(2)
    gpus.tell(1)  # another machine, with fewer: it takes nothing from the first
    assert [gpus.at_work(count) for count in (1, 2, 3)] == [True, True, False]
    with redis.Redis.from_url(server.url) as client:
        for name in client.keys("*"):
            assert 0 < client.ttl(name) <= workers.BELIEVED_FOR.total_seconds()
            client.expire(name, 0)
    assert gpus.at_work(1) is False


def test_a_server_that_is_away_is_asked_seldom() -> None:
    """Nobody can say, and of the many who ask at once one alone waits."""
    with broker_at(f"redis://127.0.0.1:{free_port()}/0"):
        gpus.tell(1)
        began = time.monotonic()
        assert {gpus.at_work(1) for _ in range(100)} == {None}
        assert time.monotonic() - began < 3


@pytest.mark.redis
@pytest.mark.parametrize(
    ("lanes", "with_gpu", "told"),
    [("gpu", True, True), ("interactive,gpu", False, False), ("interactive,bulk", True, False)],
)
def test_a_worker_tells_while_it_lives(
    tmp_path: Path, lanes: str, with_gpu: bool, told: bool
) -> None:
    """A real worker; only one that serves the lane and has a GPU makes it known."""
    log = tmp_path / "worker.log"
    path = path_with_gpu(tmp_path / "bin") if with_gpu else os.environ["PATH"]
    with redis_server() as server, broker_at(server.url):
        inside = {
            "DJANGO_SETTINGS_MODULE": "grader.settings",
            "SANDGLASS_DATA": str(settings.DATA),
            "SANDGLASS_BROKER_URL": server.url,
            "PATH": path,
        }
        worker = Child(
            [
                *["/usr/bin/env", *(f"{name}={value}" for name, value in inside.items())],
                *[sys.executable, "-m", "celery", "-A", "grader.celery", "worker"],
                *["--queues", lanes, "--concurrency", "1", "--loglevel", "INFO"],
            ],
            folder=ROOT,
            log=log,
        )
        try:
            worker.wait_until(lambda: " ready." in log.read_text(), seconds=PATIENCE)
            until = time.monotonic() + (PATIENCE if told else 5)
            while not gpus.at_work(1) and time.monotonic() < until:
                time.sleep(0.1)
            assert gpus.at_work(1) is told
        finally:
            worker.stop()
