"""The page of exports: what staff take out, and what everybody may have of their own."""

from __future__ import annotations

import asyncio
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import AsyncClient

from grader import drafts
from grader.models import Assignment, AuditEntry, Override
from tests.assignments.homework import write_homework
from tests.web.crawl import streamed, whole
from tests.web.reading import main
from tests.web.world import World

ARCHIVE = "application/zip"
PAGE = "/c/comp4551/exports/"
CANVAS = (
    b"Student,ID,SIS Login ID,Section,Homework 0 (7),Notes\r\n"
    b"    Points Possible,,,,10,\r\n"
    b"Author,1,author,L1,,ok\r\n"
    b'"Ghost, Ann",2,ghost,L1,3,\r\n'
)


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


@pytest.mark.django_db
def test_staff_take_the_grades_and_the_page_says_who(world: World) -> None:
    client = world.client("ta")
    asked = {"format": "csv", "withdrawn": "on"}
    answer: Any = client.post(world.address("exports-grades"), asked)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="comp4551-grades-csv-')
    lines = whole(answer).decode().splitlines()
    assert [line.split(",")[1] for line in lines[1:]] == [
        "author@example.edu", "classmate@example.edu", "withdrawn@example.edu",
    ]  # fmt: skip
    assert re.search(r"Taken out last File When By whom CSV .* Helper", main(client.get(PAGE)))
    wrong = client.post(world.address("exports-grades"), {"format": "exe"})
    assert (wrong.status_code, "Choose one of the formats below." in main(wrong)) == (422, True)


@pytest.mark.django_db
def test_a_file_of_canvas_is_looked_at_and_comes_back_filled(world: World) -> None:
    client, address = world.client("ta"), world.address("exports-fill")
    file = SimpleUploadedFile("2026 Grades.csv", CANVAS)
    sent = client.post(address, {"file": file})
    assert sent.status_code == 303
    page = client.get(sent["Location"])
    text = main(page)
    assert "2026 Grades.csv: 1 cell would change, 0 say it already." in text
    assert "Author line 3 Homework 0 (7) empty 10.00" in text
    assert "Line 4, Ghost, Ann: not on the roll" in text
    button = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', last_form(page)))
    loaded: Any = client.post(address, button)
    assert whole(loaded) == CANVAS.replace(b"L1,,ok", b"L1,10.00,ok")
    assert loaded["Content-Disposition"] == 'attachment; filename="2026 Grades.csv"'
    entry = AuditEntry.objects.get(action="export.made")
    assert entry.detail["columns"] == {"Homework 0 (7)": "hw0"}
    # As the last time: proposed again, whatever the title is by then.
    Assignment.objects.update(title="Renamed")
    again = client.post(address, {"file": SimpleUploadedFile("x.csv", CANVAS)})
    assert "1 cell would change" in main(client.get(again["Location"]))


@pytest.mark.django_db
def test_what_has_changed_since_it_was_shown_is_shown_again(world: World) -> None:
    client, address = world.client("ta"), world.address("exports-fill")
    sent = client.post(address, {"file": SimpleUploadedFile("x.csv", CANVAS)})
    page = client.get(sent["Location"])
    button = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', last_form(page)))
    Override.objects.create(
        assignment=world.homework,
        student=world.people["author"],
        kind="points",
        points=9,
        reason="as agreed",
        author=world.people["lect"].user,
    )
    stale = client.post(address, button)
    assert stale.status_code == 409
    assert "nothing was loaded. Look again" in main(stale)
    assert "empty 9.00" in main(stale)
    assert not AuditEntry.objects.filter(action="export.made").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        (b"PK\x03\x04", "This is an Excel workbook"),
        ("Student,陳\n".encode("big5"), "is not written in UTF-8"),
        (b"Seat,Homework 0\n1,2\n", "No column of the file says who a row is"),
        (b"Student,ID\n" + b"a,1\n" * 20_001, "more than 20,000 rows"),
    ],
)
def test_a_file_that_cannot_be_filled_says_why(world: World, content: bytes, said: str) -> None:
    client = world.client("ta")
    file = SimpleUploadedFile("x.csv", content)
    answer = client.post(world.address("exports-fill"), {"file": file})
    assert (answer.status_code, said in main(answer)) == (422, True)


@pytest.mark.django_db
@pytest.mark.parametrize("draft", ["1", "x", "-1", "9" * 30])
def test_a_file_of_somebody_else_is_not_there(world: World, draft: str) -> None:
    drafts.keep(
        world.course,
        kind="gradebook",
        author=world.people["lect"].user,
        name="x",
        file=io.BytesIO(CANVAS),
        size=len(CANVAS),
    )
    address = world.address("exports-fill")
    assert world.client("ta").get(address, {"draft": draft}).status_code == 404


def last_form(page: Any) -> str:
    return str(page.content.decode().rsplit("<form", 1)[1])


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
