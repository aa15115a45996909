"""The Docker engine dies, or stands still, in the middle of a run: an engine of our own does."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from grader.models import Assignment, GradingJob, Membership
from runners.images.build import image_tag
from runners.sandboxes.base import Role
from tests.chaos.promise import ended, graded_once
from tests.chaos.recovery import Recoveries
from tests.chaos.service import Service, Worker, wait_for
from tests.chaos.submissions import SLOW
from tests.grader.pipeline.road import job_of, upload
from tests.servers import DockerServer, docker_engine

pytestmark = [pytest.mark.redis, pytest.mark.postgres, pytest.mark.docker]
HANGS = 8.0
"""Seconds: longer than a check of the small homework may take, and than an engine is believed."""


@pytest.fixture(scope="module")
def engine() -> Iterator[DockerServer]:
    """One that may be hurt."""
    if os.geteuid() != 0:
        pytest.skip("root alone can start another engine")
    with docker_engine(*map(image_tag, Role)) as server:
        yield server


@pytest.fixture(scope="module")
def worker(lasting: Service, engine: DockerServer) -> Worker:
    """A worker that grades by that engine."""
    return lasting.worker("docker", environment={"DOCKER_HOST": engine.url})


def test_it_is_killed_and_comes_back(
    lasting: Service,
    homework: Assignment,
    ada: Membership,
    engine: DockerServer,
    worker: Worker,
    recovery: Recoveries,
) -> None:
    """What ran is run again when there is an engine; until then it waits, and is no zero."""
    made = upload(homework, ada, files=SLOW)
    wait_for(lambda: lasting.checks_told(job_of(made)) > 0)
    engine.kill()
    wait_for(lambda: job_of(made).state == "queued")
    assert (job_of(made).verdict, job_of(made).attempt) == ("system_fault", 1)
    with recovery.of("Docker engine killed with its containers"):
        engine.start()
        GradingJob.objects.filter(submission=made).update(not_before=None)  # ten seconds go by
        lasting.sweep()
        wait_for(lambda: ended([made]))
    graded_once([made], [2])
    assert worker.alive


def test_it_hangs_and_goes_on(
    lasting: Service,
    homework: Assignment,
    ada: Membership,
    engine: DockerServer,
    worker: Worker,
    recovery: Recoveries,
) -> None:
    """No check is called too slow because we stood still."""
    made = upload(homework, ada, files=SLOW)
    wait_for(lambda: lasting.checks_told(job_of(made)) > 0)
    with recovery.of("Docker engine hung"):
        with engine.hung():
            time.sleep(HANGS)
        wait_for(lambda: job_of(made).state == "queued")
        assert (job_of(made).verdict, job_of(made).attempt) == ("system_fault", 1)
        assert "the engine did not answer" in job_of(made).staff_detail
        GradingJob.objects.filter(submission=made).update(not_before=None)  # ten seconds go by
        lasting.sweep()
        wait_for(lambda: ended([made]))
    graded_once([made], [2])
    assert worker.alive
