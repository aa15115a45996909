"""The database's disk is full when a report is to be kept: a small one, really filled."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from grader.domain.states import Lane
from grader.models import GradingJob
from grader.pipeline import grade
from grader.pipeline.execute import claim, execute
from tests import factories
from tests.assignments.homework import write_homework
from tests.chaos.promise import graded_once
from tests.chaos.service import database_of, wait_for
from tests.disks import fill_up, small_disk
from tests.grader.pipeline.road import upload

pytestmark = pytest.mark.bubblewrap


@pytest.fixture
def disk(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Path]:
    """Four megabytes, with the database and nothing else."""
    place = tmp_path / "disk"
    with (
        small_disk(place, "4m"),
        django_db_blocker.unblock(),
        database_of(f"sqlite:///{place}/database.sqlite3"),
    ):
        yield place


def test_a_report_waits_for_room(
    disk: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What was run is kept as soon as there is room, and no attempt is lost."""
    homework = factories.assignment(factories.course(), "hw0", write_homework(tmp_path / "hw0"))
    made = upload(homework, factories.membership(homework.course))
    lease = claim(Lane.INTERACTIVE, "worker")
    assert lease is not None
    report = execute(lease, lambda _event: None)
    fill = disk / "fill"
    fill_up(fill)
    caplog.set_level(logging.WARNING)

    def make_room() -> None:
        wait_for(lambda: "is offered again" in caplog.text)
        fill.unlink()

    helper = threading.Thread(target=make_room)
    helper.start()
    try:
        job = grade._settled(lease, report)
    finally:
        helper.join()
    assert job is not None
    assert "full" in caplog.text
    graded_once([made], [1])
    assert GradingJob.objects.count() == 1
