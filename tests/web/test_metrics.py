"""/metrics: the service in numbers, for who has the token."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from grader import heartbeats, pools, workers
from grader.demo.child import Child
from grader.domain.states import JobState
from grader.metrics import ServiceCollector
from grader.models import Assignment, GradingJob
from grader.queries.queue import ago
from tests import factories
from tests.architecture.tree import read
from tests.factories import ROOT
from tests.grader.pipeline.broker import broker_at
from tests.grader.test_settings import manage
from tests.servers import RedisServer, free_port, redis_server
from web.measures import registry

pytestmark = pytest.mark.django_db
TOKEN = "a token of the tests"
SECOND = timedelta(seconds=1)
ENDED = {"attempt": 1, "started_at": ago(20 * SECOND), "finished_at": ago(10 * SECOND)}
Numbers = dict[tuple[str, ...], float]


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


@pytest.fixture
def homework() -> Assignment:
    return factories.assignment(factories.course())


@pytest.fixture(autouse=True)
def token(settings: Any) -> None:
    settings.SANDGLASS_METRICS_TOKEN = TOKEN


def job(homework: Assignment, state: JobState, **fields: Any) -> GradingJob:
    made = factories.submission(homework, factories.membership(homework.course))
    return factories.job(made, state, **fields)


def asked() -> Numbers:
    """Every number, by its name and the values of its labels."""
    answer = Client().get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return numbers(answer.content.decode())


def numbers(text: str) -> Numbers:
    return {
        (sample.name.removeprefix("sandglass_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.parametrize("sent", [None, "", "Bearer", "Bearer a token", TOKEN, f"Basic {TOKEN}"])
def test_who_has_no_token_finds_nothing(sent: str | None) -> None:
    headers = {} if sent is None else {"authorization": sent}
    answer, missing = Client().get("/metrics", headers=headers), Client().get("/nowhere")
    assert answer.status_code == 404
    assert answer.content == missing.content


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer "])
def test_a_site_without_a_token_shows_nobody_anything(settings: Any, sent: str) -> None:
    settings.SANDGLASS_METRICS_TOKEN = ""
    assert Client().get("/metrics", headers={"authorization": sent}).status_code == 404


def test_the_tables_in_numbers(homework: Assignment) -> None:
    ran = {"wall_seconds": 7.5, "phases": {"start": 1.0, "load": 0.5, "checks": 6.0}}
    first = job(homework, JobState.QUEUED)
    GradingJob.objects.filter(pk=first.pk).update(queued_at=ago(90 * SECOND))
    job(homework, JobState.QUEUED, lane="bulk", not_before=ago(-90 * SECOND))
    job(homework, JobState.RUNNING, attempt=2, lease_until=ago(-45 * SECOND))
    done = job(homework, JobState.DONE, verdict="graded", resources=ran, **ENDED)
    GradingJob.objects.filter(pk=done.pk).update(queued_at=F("started_at") - 4 * SECOND)
    job(homework, JobState.FAULT, lane="gpu", verdict="system_fault", attempt=3)
    job(homework, JobState.QUEUED, lane="bulk", shadow=True)
    heartbeats.rung("bulk")
    heartbeats.well("bulk", 2.5)
    heartbeats.well("sweep", 0.25)
    found = asked()
    assert [found["queue_length", lane] for lane in ("interactive", "bulk", "gpu")] == [1, 0, 0]
    assert found["queue_oldest_seconds", "interactive"] == pytest.approx(90, abs=5)
    assert found["running", "interactive"] == 1
    assert found["life_age_seconds", "interactive"] == pytest.approx(10, abs=5)
    assert found["canary_age_seconds", "bulk"] == pytest.approx(0, abs=5)
    assert (found["canary_seconds", "bulk"], found["sweep_seconds",]) == (2.5, 0.25)
    assert str(found["canary_age_seconds", "gpu"]) == "nan"
    jobs = {key[1:]: value for key, value in found.items() if key[0] == "jobs"}
    assert jobs == {
        ("interactive", "queued"): 1,
        ("bulk", "queued"): 1,
        ("interactive", "running"): 1,
        ("interactive", "done"): 1,
        ("gpu", "fault"): 1,
    }
    assert {key[1:]: value for key, value in found.items() if key[0] == "shadow_jobs"} == {
        ("queued",): 1
    }
    assert (found["passbacks", "waiting"], found["passbacks", "parked"]) == (0, 0)
    assert found["passback_oldest_seconds",] == 0
    verdicts = {key[1]: value for key, value in found.items() if key[0] == "verdicts_total"}
    ended = {"graded": 1, "rejected": 0, "assignment_fault": 0, "system_fault": 1}
    assert verdicts == ended
    assert (found["repeated_jobs_total",], found["uploads_total",]) == (2, 6)
    phases = {key[1]: value for key, value in found.items() if key[0] == "phase_seconds"}
    assert {name: round(took, 1) for name, took in phases.items()} == {
        "queue": 4.0,
        "start": 1.0,
        "load": 0.5,
        "checks": 6.0,
        "record": 2.5,
    }
    assert found["phase_runs", "load"] == 1
    assert found["broker_up",] == 0
    assert ("workers",) not in found


@pytest.mark.redis
def test_workers_tell_of_themselves(redis: RedisServer) -> None:
    with broker_at(redis.url):
        workers.tell(workers.WorkerSeen("one@there", ("interactive", "bulk"), 2))
        workers.tell(workers.WorkerSeen("two@there", ("gpu",), 1, gpus=4, gpus_leased=3))
        found = asked()
    assert (found["broker_up",], found["workers",]) == (1, 2)
    served = [found["worker_processes", lane] for lane in ("interactive", "bulk", "gpu")]
    assert served == [2, 2, 1]
    assert (found["gpus",], found["gpus_leased",]) == (4, 3)


@pytest.mark.redis
def test_processes_tell_of_their_guests(redis: RedisServer) -> None:
    with broker_at(redis.url):
        pools.tell("one:1", waiting=2, warm=1, cold=1)
        pools.tell("one:1", waiting=1, warm=3, cold=0)
        pools.tell("two:1", waiting=4, warm=0, cold=2)
        found = asked()
        pools.leave("two:1")
        left = asked()
    assert found["guests_waiting",] == 5
    assert (found["guests_taken_total", "warm"], found["guests_taken_total", "cold"]) == (4, 3)
    assert left["guests_waiting",] == 1


def test_more_rows_are_no_more_queries(homework: Assignment) -> None:
    with CaptureQueriesContext(connection) as few:
        asked()
    for _ in range(5):
        for state in (JobState.DONE, JobState.FAULT):
            verdict = "graded" if state == JobState.DONE else "system_fault"
            job(homework, state, verdict=verdict, **ENDED)
        job(homework, JobState.QUEUED)
    with CaptureQueriesContext(connection) as many:
        asked()
    assert len(many) == len(few) == 8


def test_nobody_makes_up_names(homework: Assignment) -> None:
    """An address or a method of a stranger's own gives no number of its own."""
    before = len(asked())
    client = Client()
    for number in range(3):
        client.generic(f"METHOD{number}", f"/nowhere/{number}/?a={number}")
        client.get(f"/static/{number}.css")
        client.get(f"/c/made-up-{number}/")
    found = asked()
    assert found["requests_total", "other", "404", "nothing"] >= 3
    assert found["requests_total", "GET", "302", "course"] >= 3
    assert found["request_seconds_count", "course"] >= 3
    seen = {key[3] for key in found if key[0] == "requests_total"}
    assert not [name for name in seen if "made-up" in name or "nowhere" in name]
    assert len(found) - before < 100


def test_each_metric_is_on_the_page(homework: Assignment) -> None:
    """And nothing is on the page that is not there."""
    page = read("docs/operations.md")
    table = page[page.index("| metric |") : page.index("Rules to begin with")]
    families = [*ServiceCollector().collect(), *registry().collect()]
    given = {family.name.removeprefix("sandglass_") for family in families}
    # With a broker:
    given |= {"workers", "worker_processes", "gpus", "gpus_leased", "guests_waiting"}
    given |= {"guests_taken"}
    firsts = [row.split("|")[1] for row in table.splitlines()[2:] if row.startswith("|")]
    named = {word for first in firsts for word in first.replace("`", "").replace(",", "").split()}
    assert {name.removesuffix("_total") for name in named} == given


def test_the_processes_of_a_server_add_up(tmp_path: Path) -> None:
    """Whichever of them is asked."""
    assert manage(tmp_path, "migrate", "-v", "0").returncode == 0
    port, folder = free_port(), tmp_path / "metrics"
    inside = [f"SANDGLASS_DATA={tmp_path}", f"SANDGLASS_METRICS_TOKEN={TOKEN}"]
    inside += [f"PROMETHEUS_MULTIPROC_DIR={folder}", "SANDGLASS_DATABASE_URL="]
    server = [sys.executable, "-m", "uvicorn", "web.asgi:application", "--port", str(port)]
    command = ["/usr/bin/env", *inside, *server, "--workers", "2"]
    child = Child(command, folder=ROOT, log=tmp_path / "log")
    try:
        child.wait_until(lambda: both_answer(port, folder), seconds=90)
        before = counted(port)
        for _ in range(10):
            get(port, "/healthz")
        assert counted(port) == before + 10
    finally:
        child.stop()


def both_answer(port: int, folder: Path) -> bool:
    """Whether two processes have counted something."""
    try:
        get(port, "/healthz")
    except OSError:
        return False
    return len(list(folder.glob("counter_*.db"))) == 2


def counted(port: int) -> float:
    found = numbers(get(port, "/metrics"))
    return found["requests_total", "GET", "200", "healthz"]


def get(port: int, address: str) -> str:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with urlopen(Request(f"http://127.0.0.1:{port}{address}", headers=headers), timeout=10) as got:
        return str(got.read().decode())
