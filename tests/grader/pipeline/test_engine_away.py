"""No sandbox can be started: a job that would be taken all the same would lose its attempts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from grader import tasks
from grader.fitness import fitness
from grader.models import Assignment, Membership
from grader.pipeline import execute
from tests.grader.pipeline.road import job_of, upload

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def docker() -> Iterator[None]:
    """This process grades in containers."""
    before, settings.SANDGLASS_SANDBOX = settings.SANDGLASS_SANDBOX, "docker"
    execute.cool_down()
    yield
    execute.cool_down()
    settings.SANDGLASS_SANDBOX = before


def test_jobs_wait_for_it(
    docker: None,
    homework: Assignment,
    ada: Membership,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However often the bell is rung: nothing is taken, so there is nothing to give up.

    The machine was found well some minutes ago, and will be asked again in some more.
    """
    monkeypatch.setattr(fitness, "_found", [])
    monkeypatch.setattr(fitness, "_looked", time.monotonic())
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    job = job_of(upload(homework, ada))
    for _ in range(4):
        tasks.grade(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempt) == ("queued", 0)
    assert "No Docker engine answers" in execute.absence()
