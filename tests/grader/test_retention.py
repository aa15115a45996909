"""What may be removed from a disk, and what never is."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from grader.domain.states import JobState
from grader.models import Assignment, AssignmentVersion, GradingJob
from grader.retention import remove, superfluous
from grader.versions import store_version, unpacked
from tests import factories
from tests.assignments.homework import DECLARATION, write_homework

pytestmark = pytest.mark.django_db
DAY = 24 * 3600


@pytest.fixture(autouse=True)
def data(settings: Any, tmp_path: Path) -> Iterator[Path]:
    """A disk of its own; storage stays where it is."""
    settings.DATA = tmp_path / "data"
    for part in ("incoming", "cache/versions"):
        (settings.DATA / part).mkdir(parents=True)
    yield settings.DATA
    shutil.rmtree(settings.DATA)


def aged(path: Path, days: float) -> Path:
    then = time.time() - days * DAY
    os.utime(path, (then, then))
    return path


@pytest.fixture
def old(tmp_path: Path) -> AssignmentVersion:
    """A version that is in force no more, and one that is, both unpacked long ago."""
    homework = factories.assignment(factories.course(), "hw0", write_homework(tmp_path / "hw0"))
    before = homework.version
    assert before is not None
    changed: dict[str, str | None] = {
        "assignment.toml": DECLARATION.replace("Homework 0", "Homework zero")
    }
    homework.version = store_version(homework, write_homework(tmp_path / "new" / "hw0", changed))
    homework.save()
    assert homework.version.digest != before.digest
    for version in (before, homework.version):
        aged(unpacked(version).parent, 40)
    return before


def test_what_is_in_force_no_more_goes_and_comes_again(data: Path, old: AssignmentVersion) -> None:
    folder = unpacked(old).parent
    assert remove() == [folder]
    assert not folder.exists()
    assert len(list((data / "cache" / "versions").iterdir())) == 1
    assert (unpacked(old) / "assignment.toml").is_file()


def test_what_somebody_still_waits_for_stays(old: AssignmentVersion) -> None:
    homework = Assignment.objects.get()
    made = factories.submission(homework, factories.membership(homework.course))
    job = GradingJob.objects.create(submission=made, version=old)
    assert list(superfluous()) == []
    GradingJob.objects.filter(pk=job.pk).update(state=JobState.FAULT)
    assert list(superfluous()) == [unpacked(old).parent]


def test_what_was_unpacked_of_late_stays(old: AssignmentVersion) -> None:
    aged(unpacked(old).parent, 29)
    assert list(superfluous()) == []


def test_drafts_that_nobody_finished_go_after_a_day(data: Path) -> None:
    fresh, stale = data / "incoming" / "fresh.upload", data / "incoming" / "stale.upload"
    draft = data / "cache" / "versions" / "tmpabc"
    draft.mkdir()
    (draft / "file").write_text("half")
    for path in (fresh, stale):
        path.write_text("half")
    for path in (stale, draft):
        aged(path, 2)
    said = StringIO()
    call_command("retain", "--dry-run", stdout=said)
    assert said.getvalue().splitlines() == [str(stale), str(draft), "2 would go"]
    call_command("retain", stdout=StringIO())
    assert (fresh.exists(), stale.exists(), draft.exists()) == (True, False, False)


def test_a_link_is_removed_and_not_followed(data: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").write_text("not ours")
    link = data / "incoming" / "link"
    link.symlink_to(elsewhere)
    then = time.time() - 2 * DAY
    os.utime(link, (then, then), follow_symlinks=False)
    assert remove() == [link]
    assert (elsewhere / "file").read_text() == "not ours"
