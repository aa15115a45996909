"""The pages of exams: fields, a file with its preview, and what somebody else did meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from grader.exams import current_points, enter, plan_of_form
from grader.models import ExamScore
from tests import factories
from tests.assignments.homework import write_homework
from tests.large_class import large_class
from tests.web.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small homework."""
    return write_homework(tmp_path_factory.mktemp("exams") / "hw0")


@pytest.fixture
def world(folder: Path) -> World:
    return World(folder)


@pytest.fixture
def client(world: World) -> Client:
    """The instructor's browser."""
    return world.client("lect")


def text_of(response: Any) -> str:
    return str(response.content.decode())


def upload(world: World, text: str, **fields: str) -> dict[str, Any]:
    """A form with a file."""
    return {"file": SimpleUploadedFile("points.csv", text.encode()), **fields}


def test_points_by_the_form(world: World, client: Client) -> None:
    """New ones at once; in place of others after a look; what is wrong loses nothing."""
    author, mate = world.people["author"].pk, world.people["mate"].pk
    address = world.address("exam")
    answer = client.post(address, {f"points-{author}": "70", f"points-{mate}": "1,5"})
    assert answer.status_code == 422
    assert "1,5 has a decimal comma: write 1.5." in text_of(answer)
    assert 'value="70"' in text_of(answer)
    assert not ExamScore.objects.exists()
    fields = {
        f"points-{author}": "70",
        f"was-{author}": "",
        f"points-{mate}": "",
        f"was-{mate}": "",
    }
    assert client.post(address, fields).status_code == 303
    assert current_points(world.exam) == {author: 70}
    shown = client.post(address, {f"points-{author}": "71", f"was-{author}": "70"})
    assert shown.status_code == 200
    assert current_points(world.exam) == {author: 70}
    seen = shown.context["seen"]
    assert client.post(address, {f"points-{author}": "71", "seen": seen}).status_code == 303
    assert current_points(world.exam) == {author: 71}


def test_points_that_moved_since_they_were_looked_at(world: World, client: Client) -> None:
    """Refused with what it would do now."""
    author = world.people["author"]
    lect, address = world.people["lect"].user, world.address("exam")

    def other(points: str) -> None:
        enter(
            world.exam,
            lambda: plan_of_form(world.exam, {author: points})[0],
            source="form",
            author=lect,
        )

    other("5")
    seen = client.post(address, {f"points-{author.pk}": "7"}).context["seen"]
    other("6")
    refused = client.post(address, {f"points-{author.pk}": "7", "seen": seen})
    assert refused.status_code == 409
    assert "Points have changed since you looked" in text_of(refused)
    assert current_points(world.exam) == {author.pk: 6}


def test_points_by_a_file(world: World, client: Client) -> None:
    """Sent, looked at, applied once."""
    author = world.people["author"]
    address = world.address("exam-import")
    sent = client.post(address, upload(world, f"address,points\n{author.user.email},42.5\n"))
    assert sent.status_code == 303
    preview = client.get(sent["Location"])
    assert "<strong>42.5</strong>" in text_of(preview)
    assert not ExamScore.objects.exists()
    fields = {"draft": preview.context["draft"].pk, "seen": preview.context["seen"]}
    assert client.post(address, {**fields, "seen": "other"}).status_code == 409
    assert client.post(address, fields).status_code == 303
    assert current_points(world.exam) == {author.pk: 42.5}
    assert client.post(address, fields).status_code == 409
    assert ExamScore.objects.count() == 1
    assert world.client("their").get(sent["Location"]).status_code == 404
    for odd in ("0", "x", "9" * 30, "\0"):
        assert client.get(address, {"draft": odd}).status_code == 404


def test_a_file_that_cannot_be_used(world: World, client: Client) -> None:
    """Every reason, and nothing kept of it but the page."""
    address = world.address("exam-import")
    for text, why in [
        ("number,points\n1,2\n", "Line 2: nobody in this course"),
        ("number\n1\n", "No column has the points"),
        ("", "The file is empty."),
    ]:
        answer = client.post(address, upload(world, text))
        assert answer.status_code == 422
        assert why in text_of(answer)


def test_a_large_class(django_assert_max_num_queries: Any) -> None:
    """A page at a time, in as many queries as for a small one."""
    course = large_class(300)
    client = Client()
    client.force_login(course.memberships.get(role="instructor").user)
    for address, most in (
        ("midterm/", 14),
        ("midterm/?q=student+00&section=L1&page=2", 14),
        ("", 8),
    ):
        with django_assert_max_num_queries(most):
            assert client.get(f"/c/{course.slug}/exams/{address}").status_code == 200
    shown = text_of(client.get(f"/c/{course.slug}/exams/midterm/?q=s00007@"))
    assert shown.count('name="points-') == 1
    factories.membership(course)
