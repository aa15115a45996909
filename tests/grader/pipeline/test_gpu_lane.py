"""Where a homework that asks for a GPU waits: before a worker has come, and after it has gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from django.conf import settings

from grader import gpus, tasks
from grader.domain.states import Lane
from grader.models import Assignment, Course, GradingJob, Membership
from grader.pipeline import execute
from grader.pipeline.enqueue import lane_of
from grader.pipeline.sweep import Swept, sweep
from runners.judgement import ON_THE_CPU
from tests import factories
from tests.gpu_host import UUID, homework_with_gpu, path_with_gpu
from tests.grader.pipeline.broker import broker_at, waiting
from tests.grader.pipeline.road import job_of, upload
from tests.servers import RedisServer, redis_server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.redis]


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with redis_server() as started:
        yield started


@pytest.fixture(autouse=True)
def broker(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisServer]:
    """The broker, empty, as the service's own: no worker has told of a GPU."""
    monkeypatch.setattr(gpus, "_away_until", 0.0)
    server.flushall()
    with broker_at(server.url):
        yield server


@pytest.fixture
def needs(course: Course, tmp_path: Path) -> Assignment:
    """A homework that is graded on a GPU or not at all."""
    return factories.assignment(course, "hw0", homework_with_gpu(tmp_path / "hw0", "wait"))


@pytest.fixture
def likes(course: Course, tmp_path: Path) -> Assignment:
    """One that is graded on the CPU where there is no GPU."""
    return factories.assignment(course, "hw9", homework_with_gpu(tmp_path / "hw9", "cpu"))


@pytest.fixture
def sandbox() -> Iterator[None]:
    """This process grades in bubblewrap; what it keeps warm ends with the test."""
    before, settings.SANDGLASS_SANDBOX = settings.SANDGLASS_SANDBOX, "bubblewrap"
    yield
    execute.cool_down()
    settings.SANDGLASS_SANDBOX = before


def forget(server: RedisServer) -> None:
    """As when the last worker with a GPU has not been heard of for long."""
    with redis.Redis.from_url(server.url) as client:
        client.delete(gpus.key(1))


def test_the_lane_is_chosen_by_who_is_at_work(needs: Assignment, likes: Assignment) -> None:
    assert needs.version is not None
    assert likes.version is not None
    specs = [needs.version.spec, likes.version.spec]
    assert [lane_of(spec) for spec in specs] == ["gpu", "interactive"]
    gpus.tell(1)
    assert [lane_of(spec) for spec in specs] == ["gpu", "gpu"]
    assert [lane_of(replace(spec, gpus=2)) for spec in specs] == ["gpu", "interactive"]
    assert [lane_of(replace(spec, gpus=0)) for spec in specs] == ["interactive", "interactive"]


def test_whoever_may_do_without_is_graded_without_when_the_worker_is_gone(
    broker: RedisServer, likes: Assignment, ada: Membership
) -> None:
    gpus.tell(1)
    made = upload(likes, ada)
    assert job_of(made).lane == "gpu"
    assert sweep() == Swept(returned=0, given_up=0, rung=0)

    forget(broker)
    assert sweep() == Swept(returned=0, given_up=0, rung=1, moved=1)
    assert (job_of(made).lane, job_of(made).state) == ("interactive", "queued")
    assert waiting(broker, "interactive") == [f"[{job_of(made).pk}]"]


def test_whoever_needs_one_waits_and_is_rung_for_when_a_worker_comes(
    broker: RedisServer, needs: Assignment, ada: Membership
) -> None:
    """Bells that nobody would hear do not pile up: the upload's own is the only one."""
    made = upload(needs, ada)
    GradingJob.objects.update(rung_at=None)
    for _ in range(3):
        assert sweep() == Swept(returned=0, given_up=0, rung=0)
    assert len(waiting(broker, "gpu")) == 1

    gpus.tell(1)
    assert sweep() == Swept(returned=0, given_up=0, rung=1)
    assert waiting(broker, "gpu") == [f"[{job_of(made).pk}]"] * 2
    assert (job_of(made).lane, job_of(made).state) == ("gpu", "queued")


def test_a_job_whose_worker_died_waits_in_the_right_lane(
    broker: RedisServer, likes: Assignment, ada: Membership
) -> None:
    gpus.tell(1)
    made = upload(likes, ada)
    assert execute.claim(Lane.GPU, "worker") is not None
    GradingJob.objects.update(lease_until=factories.OPENS)
    forget(broker)
    assert sweep() == Swept(returned=1, given_up=0, rung=1, moved=1)
    assert (job_of(made).lane, job_of(made).attempt) == ("interactive", 1)


def test_while_the_broker_is_away_nothing_is_moved(likes: Assignment, ada: Membership) -> None:
    gpus.tell(1)
    made = upload(likes, ada)
    with broker_at("redis://127.0.0.1:1/0"):
        assert sweep().moved == 0
    assert job_of(made).lane == "gpu"


@pytest.mark.bubblewrap
def test_a_worker_without_a_gpu_leaves_alone_what_needs_one(
    sandbox: None, needs: Assignment, ada: Membership
) -> None:
    made = upload(needs, ada)
    tasks.grade(job_of(made).pk)
    assert (job_of(made).state, job_of(made).attempt) == ("queued", 0)


@pytest.mark.bubblewrap
def test_a_worker_with_a_gpu_leases_it_for_the_run(
    sandbox: None,
    needs: Assignment,
    ada: Membership,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """This homework has no check marked `gpu`: it has the GPU all the same, and is graded."""
    monkeypatch.setenv("PATH", path_with_gpu(tmp_path / "bin"))
    made = upload(needs, ada)
    tasks.grade(job_of(made).pk)
    job = job_of(made)
    assert (job.state, job.verdict) == ("done", "graded")
    assert job.receipt["device"] == "cuda"
    assert job.receipt["gpus"] == [{"uuid": UUID, "name": "NVIDIA H200", "driver": "580.65"}]
    assert [file.name for file in (settings.DATA / "gpus").iterdir()] == [f"{UUID}.lock"]


@pytest.mark.bubblewrap
def test_without_a_gpu_the_student_reads_where_the_checks_ran(
    sandbox: None, course: Course, ada: Membership, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the other lanes there is no GPU, also where the machine has one."""
    monkeypatch.setenv("PATH", path_with_gpu(tmp_path / "bin"))
    folder = homework_with_gpu(tmp_path / "hw8", "cpu")
    checks = folder / "checks" / "hidden" / "test_question2.py"
    marked = checks.read_text().replace("def test_", "@pytest.mark.gpu\ndef test_")
    checks.write_text(f"import pytest\n{marked}")
    made = upload(factories.assignment(course, "hw8", folder), ada)
    tasks.grade(job_of(made).pk)
    job = job_of(made)
    assert (job.lane, job.state, job.receipt["device"]) == ("interactive", "done", "cpu")
    assert job.notices == [ON_THE_CPU]
