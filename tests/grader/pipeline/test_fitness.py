"""A machine whose walls do not hold grades nothing: jobs wait, and staff read why."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from django.conf import settings

from grader import tasks
from grader.canary import sing
from grader.fitness import Fitness, Reaper
from grader.models import Assignment, Heartbeat, Membership
from runners.health import Health, Line
from tests.grader.pipeline.road import job_of, upload

OPEN = Line("walls", Health.FAIL, "no filtered system calls", "Use another kernel.", part="docker")


@pytest.fixture
def real_site() -> Iterator[None]:
    """Not a developer's machine."""
    settings.DEBUG, before = False, settings.DEBUG
    yield
    settings.DEBUG = before


@pytest.mark.django_db
@pytest.mark.usefixtures("real_site")
def test_jobs_wait_while_a_wall_is_open(
    homework: Assignment, ada: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "fitness", Fitness(lambda: [OPEN]))
    job = job_of(upload(homework, ada))

    tasks.grade(job.pk)

    job.refresh_from_db()
    assert (job.state, job.attempt, job.staff_detail) == ("queued", 0, "")
    heart = Heartbeat.objects.get(part=job.lane)
    assert heart.trouble == "walls: no filtered system calls. Use another kernel."
    assert heart.seen_at is None


@pytest.mark.usefixtures("real_site")
def test_it_is_found_out_again_when_it_is_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [OPEN]
    fitness = Fitness(lambda: list(found))
    assert "another kernel" in fitness.refusal()

    found.clear()
    assert fitness.refusal()  # asked a moment ago
    monkeypatch.setattr("grader.fitness._ILL_SECONDS", -1.0)
    assert fitness.refusal() == ""
    found.append(OPEN)
    assert fitness.refusal() == ""
    monkeypatch.setattr("grader.fitness._WELL_SECONDS", -1.0)
    fitness.look_again()
    monkeypatch.setattr("grader.fitness._ILL_SECONDS", 20.0)
    assert fitness.refusal()


@pytest.mark.usefixtures("real_site")
def test_who_insists_is_told_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(settings, "SANDGLASS_GRADE_UNFIT", True)

    assert Fitness(lambda: [OPEN]).refusal() == ""
    told = [record.levelno for record in caplog.records if record.name == "grader.fitness"]
    assert told == [logging.ERROR, logging.CRITICAL]


def test_a_developers_machine_is_not_examined() -> None:
    settings_debug, settings.DEBUG = settings.DEBUG, True
    try:
        assert Fitness(lambda: [OPEN]).refusal() == ""
    finally:
        settings.DEBUG = settings_debug


@pytest.mark.usefixtures("real_site")
def test_the_canary_sings_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.canary.fitness", Fitness(lambda: [OPEN]))

    assert sing() == "walls: no filtered system calls. Use another kernel."


@pytest.mark.docker
def test_a_reaper_ends_with_its_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SANDGLASS_SANDBOX", "docker")
    reaper = Reaper(every=600)
    reaper.begin()
    process = reaper._process
    assert process is not None
    assert process.poll() is None
    reaper.begin()
    assert reaper._process is process

    reaper.end()

    assert process.poll() is not None
    assert process.stdin is not None
    process.stdin.close()
