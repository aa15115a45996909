"""A single container goes away in the middle of a run, as when an operator removes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import docker
import docker.errors
import pytest

from grader.models import Assignment, GradingJob, Membership
from runners.sandboxes.base import Role
from runners.sandboxes.docker_options import ROLE_LABEL
from tests import factories
from tests.assignments.homework import declaration, write_homework
from tests.chaos.promise import ended, graded_once
from tests.chaos.recovery import Recoveries
from tests.chaos.service import Service, wait_for
from tests.chaos.submissions import SLOW
from tests.grader.pipeline.road import job_of, upload

pytestmark = [pytest.mark.redis, pytest.mark.postgres, pytest.mark.docker]
MEGABYTES = 349


@pytest.fixture
def engine() -> Iterator[docker.APIClient]:
    """The engine, as an operator speaks to it."""
    client = docker.APIClient(version="auto")
    yield client
    client.close()


@pytest.fixture
def homework(lasting: Service, tmp_path: Path, role: Role) -> Assignment:
    """The small one with a limit that no other has: its sandboxes are known by it."""
    limit = declaration("memory_mb = 512", f"memory_mb = {MEGABYTES}")
    folder = write_homework(tmp_path / "hw0", limit)
    return factories.assignment(factories.course(f"containers-of-the-{role.value}"), "hw0", folder)


def ours(engine: docker.APIClient, role: Role) -> list[str]:
    """The sandboxes of this role that run for this homework; others share the engine."""
    label = f"{ROLE_LABEL}={role.value}"
    found = [str(one["Id"]) for one in engine.containers(filters={"label": label})]
    return [one for one in found if memory_of(engine, one) == MEGABYTES * 2**20]


def memory_of(engine: docker.APIClient, container: str) -> int:
    """Its limit; 0 where it has gone meanwhile."""
    try:
        limit: int = engine.inspect_container(container)["HostConfig"]["Memory"]
    except docker.errors.NotFound:
        return 0
    return limit


@pytest.mark.parametrize("role", [Role.JUDGE, Role.GUEST])
def test_a_container_is_removed(
    role: Role,
    lasting: Service,
    homework: Assignment,
    ada: Membership,
    engine: docker.APIClient,
    recovery: Recoveries,
) -> None:
    """No check is called failed, and all is run again in others."""
    lasting.worker_at_hand("docker")
    made = upload(homework, ada, files=SLOW)
    wait_for(lambda: lasting.checks_told(job_of(made)) > 0)
    with recovery.of(f"container of the {role.value} removed"):
        for container in ours(engine, role):
            engine.remove_container(container, force=True)
        wait_for(lambda: job_of(made).state == "queued")
        assert (job_of(made).verdict, job_of(made).attempt) == ("system_fault", 1)
        GradingJob.objects.filter(submission=made).update(not_before=None)  # ten seconds go by
        lasting.sweep()
        wait_for(lambda: ended([made]))
    graded_once([made], [2])
