"""A disk that is full when an upload arrives: a small one of its own, really filled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.utils import timezone

from grader.domain.states import Lane
from grader.models import GradingJob, Membership, Submission
from grader.pipeline.execute import claim
from tests import factories
from tests.assignments.homework import write_homework
from tests.disks import fill_up, small_disk
from tests.grader.pipeline.road import RIGHT
from tests.web.reading import main

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SIZE = "256k"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """An empty file system of 256 KiB."""
    with small_disk(tmp_path / "disk", SIZE) as place:
        yield place


@pytest.fixture
def student(tmp_path: Path) -> Membership:
    """Somebody in a course with an open homework, whose content was stored while there was room."""
    now = timezone.now()
    course = factories.course()
    folder = write_homework(tmp_path / "hw0")
    factories.assignment(course, "hw0", folder, opens_at=now - DAY, due_at=now + DAY)
    return factories.membership(course)


def send(member: Membership, token: str) -> Any:
    """The form, as a browser sends it; an error of ours is a page."""
    client = Client(raise_request_exception=False)
    client.force_login(member.user)
    note = SimpleUploadedFile("notes.txt", uuid4().hex.encode() * 2_000)
    files = [note, *(SimpleUploadedFile(name, data) for name, data in RIGHT.items())]
    return client.post("/c/comp4551/hw/hw0/", {"files": files, "token": token})


def test_an_upload_is_taken_whole_or_not_at_all(student: Membership, disk: Path) -> None:
    """The page says that it is our fault; when there is room, the same form is one submission."""
    token = str(uuid4())
    fill = disk / "fill"
    drafts = disk / "drafts"
    drafts.mkdir()
    default = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": disk / "files", "base_url": None},
    }
    storages = {**settings.STORAGES, "default": default}
    with override_settings(STORAGES=storages, FILE_UPLOAD_TEMP_DIR=drafts):
        fill_up(fill)
        page = send(student, token)
        assert page.status_code == 500
        assert "It is not your fault." in main(page)
        assert (Submission.objects.count(), GradingJob.objects.count()) == (0, 0)
        assert list(drafts.iterdir()) == []
        fill.unlink()
        assert send(student, token).status_code == 303
        assert Submission.objects.get().files.count() == 3
        assert len([path for path in (disk / "files").rglob("*") if path.is_file()]) == 3
    assert claim(Lane.INTERACTIVE, "worker") is not None
