"""Ten uploads a minute of one person; an eleventh loses nothing, and nobody else is held up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from grader.models import Assignment, Course, Membership, Submission
from tests import factories
from tests.assignments.homework import write_homework
from tests.factories import DUE
from tests.grader.pipeline.road import RIGHT
from tests.web.reading import main

pytestmark = pytest.mark.django_db
ADDRESS = "/c/comp4551/hw/hw0/"
CAMPUS = "198.51.100.1"
SECOND = timedelta(seconds=1)
BEFORE = DUE - timedelta(seconds=20)
JSON = {"accept": "application/json"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return write_homework(tmp_path_factory.mktemp("upload_limit") / "hw0")


@pytest.fixture
def course() -> Course:
    return factories.course()


@pytest.fixture
def homework(course: Course, folder: Any) -> Assignment:
    return factories.assignment(course, "hw0", folder)


@pytest.fixture
def ada(course: Course) -> Membership:
    return factories.membership(course, factories.person("Ada"))


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Twenty seconds before the deadline."""
    with time_machine.travel(BEFORE, tick=False) as clock:
        yield clock


def browser(member: Membership) -> Client:
    client = Client(REMOTE_ADDR=CAMPUS)
    client.force_login(member.user)
    return client


def send(member: Membership, note: str = "", headers: Any = None, **fields: str) -> Any:
    """An upload; another note makes it another one."""
    files = {**RIGHT, "notes.txt": f"{note}\n".encode()}
    chosen = [SimpleUploadedFile(name, data) for name, data in files.items()]
    form = {"token": str(uuid4()), **fields, "files": chosen}
    return browser(member).post(ADDRESS, form, headers=headers)


def burst(member: Membership) -> None:
    """As many as go."""
    assert [send(member, str(n)).status_code for n in range(10)] == [303] * 10


@pytest.mark.usefixtures("clock", "homework")
def test_the_eleventh_within_a_minute_waits(ada: Membership) -> None:
    burst(ada)
    answer = send(ada, "more")
    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    assert Submission.objects.count() == 10


@pytest.mark.usefixtures("clock", "homework")
def test_the_page_says_when_and_is_the_same_form(ada: Membership) -> None:
    """With its token, and told to who cannot see it."""
    burst(ada)
    token = str(uuid4())
    page = send(ada, "more", token=token)
    assert "The next upload is taken in 60 seconds. What you typed is still here" in main(page)
    content = page.content.decode()
    assert 'role="alert" id="upload-error"' in content
    assert f'name="token" value="{token}"' in content


@pytest.mark.usefixtures("homework")
def test_sent_again_after_the_deadline_it_is_as_early_as_it_was(
    ada: Membership, clock: time_machine.Traveller
) -> None:
    """By the script, which sends the same with the ticket that it got."""
    burst(ada)
    token = str(uuid4())
    told = send(ada, "the best", headers=JSON, token=token).json()
    clock.move_to(BEFORE + told["retry_after"] * SECOND)
    assert timezone.now() > DUE
    again = send(ada, "the best", headers=JSON, token=token, ticket=told["ticket"])
    assert again.status_code == 200
    assert Submission.objects.latest("pk").received_at == BEFORE


@pytest.mark.usefixtures("homework")
def test_without_a_script_it_is_as_early_too(
    ada: Membership, clock: time_machine.Traveller
) -> None:
    burst(ada)
    page = send(ada, "the best").content.decode()
    hidden = dict(re.findall(r'name="(token|ticket)" value="([^"]+)"', page))
    clock.move_to(BEFORE + 61 * SECOND)
    assert send(ada, "the best", **hidden).status_code == 303
    assert Submission.objects.latest("pk").received_at == BEFORE


@pytest.mark.usefixtures("homework")
@pytest.mark.parametrize("change", ["other files", "another form", "another student", "forged"])
def test_a_ticket_is_for_what_was_sent_and_for_nothing_else(
    ada: Membership, clock: time_machine.Traveller, change: str
) -> None:
    burst(ada)
    token = str(uuid4())
    ticket = send(ada, "the best", headers=JSON, token=token).json()["ticket"]
    clock.move_to(BEFORE + 61 * SECOND)
    who, note, form = ada, "the best", token
    if change == "other files":
        note = "better still"
    elif change == "another form":
        form = str(uuid4())
    elif change == "another student":
        who = factories.membership(ada.course, factories.person("Bob"))
    else:
        ticket = "x" + ticket
    assert send(who, note, token=form, ticket=ticket).status_code == 303
    assert Submission.objects.latest("pk").received_at == BEFORE + 61 * SECOND


@pytest.mark.usefixtures("homework")
def test_a_ticket_is_good_for_half_an_hour(ada: Membership, clock: time_machine.Traveller) -> None:
    burst(ada)
    token = str(uuid4())
    ticket = send(ada, "the best", headers=JSON, token=token).json()["ticket"]
    late: datetime = BEFORE + timedelta(minutes=31)
    clock.move_to(late)
    send(ada, "the best", token=token, ticket=ticket)
    assert Submission.objects.latest("pk").received_at == late


@pytest.mark.usefixtures("homework", "clock")
def test_a_whole_class_uploads_at_2358_from_one_address(course: Course) -> None:
    """Three hundred students behind one router, within a minute: none is refused, none is lost."""
    for number in range(300):
        student = factories.membership(course, factories.person(f"Student {number}"))
        assert send(student).status_code == 303
    assert Submission.objects.count() == 300


@pytest.mark.usefixtures("homework")
def test_downloads_of_one_person_have_an_end_and_those_of_others_none(
    ada: Membership, settings: Any
) -> None:
    """The page says so, and a script is told in its own form."""
    from limits import parse

    settings.SANDGLASS_LIMITS = {**settings.SANDGLASS_LIMITS, "download": parse("3/minute")}
    client, address = browser(ada), f"{ADDRESS}handout.zip"
    for _ in range(3):
        assert client.get(address).getvalue()
    page, told = client.get(address), client.get(address, headers=JSON)
    assert [page.status_code, told.status_code] == [429, 429]
    assert main(page).startswith("429 Once more in a moment Your account has asked for very much")
    assert told.json()["retry_after"] == int(told["Retry-After"])
    bob = factories.membership(ada.course, factories.person("Bob"))
    assert browser(bob).get(address).getvalue()
