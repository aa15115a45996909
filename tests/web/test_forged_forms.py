"""Forms that a reader never sent, and fields that no form has: neither changes anything."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from grader.models import Extension, GradeEntry, Membership, Score, Submission, User
from tests.assignments.homework import write_homework
from tests.factories import PASSWORD
from tests.grader.pipeline.road import RIGHT
from tests.web.permissions import expected
from tests.web.world import World

pytestmark = pytest.mark.django_db
NOT_TAKEN = "405"
FORMS = [
    name
    for (method, name), row in expected().items()
    if method == "POST" and row["author"] != NOT_TAKEN
]
PEOPLE = ("anon", "author", "ta", "lect")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small homework."""
    return write_homework(tmp_path_factory.mktemp("forged") / "hw0")


@pytest.fixture
def world(folder: Path) -> World:
    return World(folder)


def form(**fields: str) -> dict[str, Any]:
    """A sound upload, and these fields."""
    files = [SimpleUploadedFile(name, data) for name, data in RIGHT.items()]
    return {"files": files, "token": str(uuid4()), **fields}


def test_there_are_forms() -> None:
    assert {"homework", "sign-in", "sign-out", "password-change"} <= set(FORMS)


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("token", ["", "x" * 64])
def test_a_form_without_its_token_does_nothing(world: World, name: str, token: str) -> None:
    """Whoever is signed in: another site can send what it likes in their name."""
    before = Submission.objects.count()
    for reader in PEOPLE:
        client = world.client(reader, enforce_csrf_checks=True)
        fields = {**form(), **({"csrfmiddlewaretoken": token} if token else {})}
        assert client.post(world.address(name), fields).status_code == 403, reader
    assert Submission.objects.count() == before


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://testserver:81"])
def test_a_form_of_another_site_does_nothing_even_with_the_token(world: World, origin: str) -> None:
    client = world.client("author", enforce_csrf_checks=True)
    address = world.address("homework")
    client.get(address)
    token = client.cookies["csrftoken"].value
    sent = form(csrfmiddlewaretoken=token)
    before = Submission.objects.count()

    assert client.post(address, sent, headers={"origin": origin}).status_code == 403
    assert Submission.objects.count() == before
    own = form(csrfmiddlewaretoken=token)
    assert client.post(address, own, headers={"origin": "http://testserver"}).status_code == 303


def test_an_upload_is_its_reader_s_own_whatever_else_the_form_says(world: World) -> None:
    """Not another's, not earlier, not of another homework, and with no points."""
    mate, author = world.people["mate"], world.people["author"]
    grades, extensions = list(GradeEntry.objects.values()), list(Extension.objects.values())
    began = timezone.now()
    long_ago = (began - timedelta(days=9)).isoformat()
    claims = {
        **dict.fromkeys(("student", "student_id", "membership", "user", "author"), str(author.pk)),
        **dict.fromkeys(("received_at", "submitted_at", "due_at", "opens_at", "now"), long_ago),
        **dict.fromkeys(("points", "score", "raw", "final", "grade", "late_days"), "10"),
        **dict.fromkeys(("assignment", "assignment_id", "version", "extension"), "1"),
        **dict.fromkeys(("state", "verdict", "role", "is_staff", "attempt"), "done"),
    }
    answer = world.client("mate").post(world.address("homework"), form(**claims))

    made = Submission.objects.latest("pk")
    assert answer["Location"] == f"/submissions/{made.pk}/"
    assert (made.student, made.assignment) == (mate, world.homework)
    assert made.received_at >= began
    assert [job.state for job in made.jobs.all()] == ["queued"]
    assert not Score.objects.filter(submission=made).exists()
    assert list(GradeEntry.objects.values()) == grades
    assert list(Extension.objects.values()) == extensions


@pytest.mark.parametrize("name", ["password-change", "sign-in"])
def test_no_form_of_accounts_gives_rights(world: World, name: str) -> None:
    """A password is changed; who somebody is stays as it was."""
    mate = world.people["mate"].user
    client = world.client("mate") if name == "password-change" else Client()
    fields = {
        **({"username": mate.email, "password": PASSWORD} if name == "sign-in" else {}),
        "old_password": PASSWORD,
        "new_password1": (new := "another word of tests"),
        "new_password2": new,
        "email": "lecturer@example.edu",
        "name": "Lecturer",
        **dict.fromkeys(("is_staff", "is_superuser", "is_active", "role", "user", "id"), "1"),
    }
    before = people()

    assert client.post(world.address(name), fields).status_code == 302
    assert people() == before
    mate.refresh_from_db()
    assert mate.check_password(new if name == "password-change" else PASSWORD)


def people() -> list[Any]:
    """Everybody and what they may do."""
    fields = [
        field.name
        for field in User._meta.concrete_fields
        if field.name not in ("password", "last_login")
    ]
    return [
        *User.objects.order_by("pk").values(*fields),
        *Membership.objects.order_by("pk").values(),
    ]
