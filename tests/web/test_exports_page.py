"""The page of exports: what staff take out, and what everybody may have of their own."""

from __future__ import annotations

import asyncio
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncClient

from grader.models import AuditEntry
from tests.assignments.homework import write_homework
from tests.web.crawl import streamed, whole
from tests.web.reading import main
from tests.web.world import World

ARCHIVE = "application/zip"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_homework(tmp_path_factory.mktemp("exports") / "hw0")


@pytest.fixture
def world(folder: Path) -> World:
    return World(folder)


def names(body: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return sorted(archive.namelist())


@pytest.mark.django_db
def test_staff_load_what_was_handed_in(world: World) -> None:
    client = world.client("ta")
    page = client.get(world.address("exports"))
    assert "Homework 0: 1 counted (" in main(page)
    answer: Any = client.post(
        world.address("exports-submissions"), {"homework": "hw0", "scope": "all", "view": "staff"}
    )
    assert answer["Content-Type"] == ARCHIVE
    assert answer["Content-Disposition"] == 'attachment; filename="comp4551-hw0-submissions.zip"'
    folder = f"no-number_Author_{world.submission.pk}"
    assert names(whole(answer))[:2] == [f"{folder}/feedback.json", f"{folder}/feedback.txt"]
    assert AuditEntry.objects.get(action="export.made").actor == world.people["ta"].user


@pytest.mark.django_db
def test_staff_load_what_is_held_of_a_person_by_name_of_nobody_else(world: World) -> None:
    client, address = world.client("lect"), world.address("exports-person")
    wrong = client.post(address, {"who": "elsewhere@example.edu"})
    assert wrong.status_code == 422
    assert "Nobody in this course has this address or student number" in main(wrong)
    assert 'value="elsewhere@example.edu"' in wrong.content.decode()
    answer: Any = client.post(address, {"who": "author@example.edu"})
    assert "data.json" in names(whole(answer))


@pytest.mark.django_db
def test_everybody_may_have_their_own(world: World) -> None:
    client = world.client("author")
    assert "Your data" in main(client.get("/password/"))
    answer: Any = client.post(world.address("own-data"))
    found = names(whole(answer))
    assert f"comp4551/hw0/{world.submission.pk}/results.json" in found
    assert names(whole(world.client("mate").post(world.address("own-data")))) == ["data.json"]


@pytest.mark.django_db(transaction=True)
def test_an_asynchronous_server_gets_it_part_by_part(folder: Path) -> None:
    world = World(folder)
    client = AsyncClient()
    client.force_login(world.people["ta"].user)
    asked = {"homework": "hw0", "scope": "all"}

    async def load() -> tuple[bool, bytes]:
        answer: Any = await client.post(world.address("exports-submissions"), asked)
        body = await streamed(answer)
        await sync_to_async(connections.close_all)()  # those of the thread that made the parts
        return answer.is_async, body

    is_async, body = asyncio.run(load())
    assert is_async
    assert "submissions.csv" in names(body)
