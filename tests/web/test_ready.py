"""/readyz says what the service cannot do without, and not a word more than how each part is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from grader import heartbeats, workers
from grader.domain.states import JobState
from grader.health import Watcher
from grader.models import GradingJob, Heartbeat
from grader.pipeline.sweep import sweep
from grader.queries.queue import ago
from tests import factories
from tests.grader.pipeline.broker import broker_at
from tests.servers import RedisServer, redis_server
from web.views import health

pytestmark = [pytest.mark.django_db, pytest.mark.redis]
ALL = {"status": "ok", "database": "ok", "storage": "ok", "broker": "ok", "sweep": "ok"}
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


@pytest.fixture(autouse=True)
def service(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A broker that answers, a sweep that has just run, and nobody who has asked before."""
    monkeypatch.setattr(health, "_watcher", Watcher())
    redis.flushall()
    with broker_at(redis.url):
        sweep()
        yield


def asked() -> tuple[int, dict[str, str]]:
    answer: Any = Client().get("/readyz")
    assert answer["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    return answer.status_code, answer.json()


def worker(*lanes: str) -> None:
    """Somebody serves these lanes, as a worker makes known."""
    workers.tell(workers.WorkerSeen("worker@there", lanes, 2))


def test_all_is_well() -> None:
    assert asked() == (200, ALL)
    text = Client().get("/readyz").content.decode()
    assert text.splitlines()[1:3] == [' "status": "ok",', ' "database": "ok",']


def test_without_the_broker_uploads_go_on(redis: RedisServer) -> None:
    """Degraded; and what is rung for through it is not blamed."""
    heartbeats.well("interactive", 1.0)
    Heartbeat.objects.update(seen_at=ago(HOUR))
    redis.stop()
    try:
        code, said = asked()
    finally:
        redis.start()
    less = {"status": "degraded", "broker": "degraded", "sweep": "degraded"}
    assert (code, said) == (200, {**ALL, **less, "lane interactive": "degraded"})


def test_storage_that_takes_nothing() -> None:
    probe = Path(settings.DATA) / "files" / "probe"
    probe.parent.mkdir(exist_ok=True)
    if probe.is_dir():
        probe.rmdir()
    probe.write_text("in the way")
    try:
        assert asked() == (503, {**ALL, "status": "failed", "storage": "failed"})
    finally:
        probe.unlink()


def test_nothing_of_a_probe_stays_in_storage() -> None:
    asked()
    assert list((Path(settings.DATA) / "files" / "probe").iterdir()) == []


def test_a_migration_that_is_not_applied() -> None:
    """What the tables hold is then not looked at: it may not be there."""
    MigrationRecorder(connection).record_unapplied("grader", "0004_answers")
    code, said = asked()
    assert (code, said["status"], said["database"]) == (503, "failed", "failed")
    assert set(said) == {"status", "database", "storage", "broker"}


def test_a_database_that_does_not_answer() -> None:
    def broken(*_: Any) -> Any:
        raise OperationalError

    with connection.execute_wrapper(broken):
        code, said = asked()
    assert (code, said["database"]) == (503, "failed")


def test_a_sweep_that_has_not_run() -> None:
    Heartbeat.objects.filter(part="sweep").update(seen_at=ago(timedelta(seconds=91)))
    assert asked() == (503, {**ALL, "status": "failed", "sweep": "failed"})


def test_a_lane_that_was_never_served_is_not_asked_for() -> None:
    worker("gpu")
    assert asked() == (503, {**ALL, "status": "failed", "lane gpu": "failed"})


def test_a_lane_whose_canary_comes_back() -> None:
    worker("interactive", "bulk")
    heartbeats.well("interactive", 1.0)
    code, said = asked()
    assert (code, said["lane interactive"], said["lane bulk"]) == (503, "ok", "failed")


def test_a_lane_that_lost_its_workers_is_missed_for_a_day() -> None:
    heartbeats.well("interactive", 1.0)
    Heartbeat.objects.filter(part="interactive").update(seen_at=ago(HOUR))
    assert asked()[1]["lane interactive"] == "failed"
    Heartbeat.objects.filter(part="interactive").update(seen_at=ago(25 * HOUR))
    health._watcher = Watcher()
    assert asked() == (200, ALL)


@pytest.mark.parametrize(
    ("state", "facts"),
    [
        (JobState.REJECTED, {"verdict": "rejected", "finished_at": ago(timedelta(seconds=5))}),
        (JobState.RUNNING, {"lease_until": ago(timedelta(seconds=-50))}),
    ],
)
def test_real_work_is_a_sign_of_life(state: JobState, facts: dict[str, Any]) -> None:
    """A report that was taken, or a lease that was renewed."""
    homework = factories.assignment(factories.course())
    made = factories.submission(homework, factories.membership(homework.course))
    factories.job(made, state, **facts)
    worker("interactive")
    assert asked() == (200, {**ALL, "lane interactive": "ok"})
    GradingJob.objects.update(finished_at=None, lease_until=None, state=JobState.QUEUED)
    health._watcher = Watcher()
    assert asked()[1]["lane interactive"] == "failed"


def test_who_asks_often_costs_nothing() -> None:
    """One look serves all who ask within a few seconds."""
    assert asked()[0] == 200
    Heartbeat.objects.all().delete()
    assert asked()[0] == 200
