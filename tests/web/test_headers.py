"""What goes with every answer, refusals too: what a browser may not do, and who may keep it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpResponse
from django.test import Client

from tests.assignments.homework import write_homework
from tests.factories import PASSWORD
from tests.web.crawl import address_names
from tests.web.permissions import READERS
from tests.web.world import World
from web.arrival import with_arrival

pytestmark = pytest.mark.django_db
ANYBODYS = {
    "healthz",
    "readyz",
    "lti-jwks",
    "lti-canvas",
    "sign-out",
    "sign in first",
    "session ended",
}
"""Answers that are the same for everybody."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_homework(tmp_path_factory.mktemp("headers") / "hw0")


@pytest.fixture
def world(folder: Path) -> World:
    return World(folder)


@pytest.fixture
def answers(world: World) -> dict[str, Any]:
    """One answer of each kind: every address as the author gets it, and every refusal."""
    client, strict = world.client("author"), world.client("author", enforce_csrf_checks=True)
    page = world.address("homework")
    found: dict[str, Any] = {name: client.get(world.address(name)) for name in address_names()}
    found |= {
        "404": client.get("/nothing/"),
        "not yours": client.get(world.address("submissions")),
        "403": strict.post(page),
        "405": client.put(page),
        "400": client.generic("POST", page, b"a", "multipart/form-data"),
        "422": client.post(page),
        "sign in first": Client().get(page),
        "session ended": Client().get(page, headers={"accept": "application/json"}),
    }
    found["413"] = too_large()
    for answer in found.values():
        if answer.streaming and not answer.is_async:
            answer.getvalue()  # to its end, where the file is closed
    return found


def too_large() -> HttpResponse:
    """The answer that is made before Django has seen anything of the request."""
    said: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        said.append(message)

    async def unused(*_: Any) -> Any:
        raise AssertionError

    headers = [(b"content-length", b"11"), (b"expect", b"100-continue")]
    asked = {"type": "http", "method": "POST", "path": "/", "headers": headers}
    async_to_sync(with_arrival(unused, limit=10))(asked, unused, send)
    start, body = said
    told = {name.decode(): value.decode() for name, value in start["headers"]}
    return HttpResponse(body["body"], status=start["status"], headers=told)


def test_each_refusal_is_what_it_is_called(answers: dict[str, Any]) -> None:
    """So that the tests below look at what they say."""
    told = {name: str(answer.status_code) for name, answer in answers.items() if name.isdigit()}
    assert told == {name: name for name in told}


def test_every_answer_tells_the_browser_what_it_may_not(answers: dict[str, Any]) -> None:
    for name, answer in answers.items():
        look_at(name, answer)


def look_at(name: str, answer: Any) -> None:
    """The headers of one answer: all of them are there, and say what they must."""
    framed = name == "submission-view" and answer.status_code == 200
    ancestors, options = ("'self'", "SAMEORIGIN") if framed else ("'none'", "DENY")
    policy = answer["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", f"frame-ancestors {ancestors}"} <= set(policy), name
    assert not any("unsafe" in rule or "*" in rule for rule in policy), name
    assert answer["X-Frame-Options"] == options, name
    assert answer["X-Content-Type-Options"] == "nosniff", name
    assert answer["Referrer-Policy"] == "same-origin", name
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin", name
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin", name
    assert "camera=()" in answer["Permissions-Policy"].split(", "), name
    assert answer.get("Access-Control-Allow-Origin") is None, name


@pytest.mark.parametrize("reader", READERS)
def test_every_address_has_them_for_every_reader(world: World, reader: str) -> None:
    """Each method, each kind of person, whatever the answer is."""
    client = world.client(reader)
    for name in address_names():
        for method in ("GET", "HEAD", "POST", "PUT"):
            answer: Any = client.generic(method, world.address(name))
            if answer.streaming and not answer.is_async:
                answer.getvalue()  # to its end, where the file is closed
            assert answer.status_code < 500
            look_at(name, answer)


def test_a_page_loads_nothing_and_sends_nothing_elsewhere(world: World) -> None:
    """The whole policy: what is not named here is `default-src 'none'`."""
    policy = world.client("author").get(world.address("homework"))["Content-Security-Policy"]
    assert set(policy.split("; ")) == {
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
    }


@pytest.mark.parametrize("name", ["submission-file", "submission-results", "handout"])
def test_a_download_is_kept_and_never_shown(answers: dict[str, Any], name: str) -> None:
    answer = answers[name]
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    assert answer["Content-Type"] in {
        "application/octet-stream",
        "application/json",
        "application/zip",
    }


def test_an_uploaded_file_that_a_browser_opens_all_the_same_may_nothing(
    answers: dict[str, Any],
) -> None:
    policy = answers["submission-file"]["Content-Security-Policy"].split("; ")
    assert policy == ["sandbox", "default-src 'none'", "frame-ancestors 'none'"]


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver.evil.example", "[::1", "a b", "\u5165"]
)
def test_a_name_that_is_not_ours_gets_no_page(host: str) -> None:
    """So no link in a mail and no redirect leads to it."""
    answer = Client(raise_request_exception=False).get("/sign-in/", headers={"host": host})
    assert (answer.status_code, host.encode() in answer.content) == (400, False)


def test_a_forwarded_host_is_not_believed() -> None:
    page = Client().get("/", headers={"x-forwarded-host": "evil.example"}, follow=True)
    assert b"evil.example" not in page.content


def test_a_file_in_its_frame_runs_nothing(answers: dict[str, Any]) -> None:
    """Opened on its own, too: the policy makes it a sandbox of its own origin."""
    policy = answers["submission-view"]["Content-Security-Policy"].split("; ")
    assert "sandbox" in policy
    assert not [rule for rule in policy if rule.startswith("script-src")]


def test_no_cache_on_the_way_keeps_a_persons_page(answers: dict[str, Any]) -> None:
    """Not even the one for "not found": it has the reader's name at its top."""
    for name, answer in answers.items():
        if name not in {*ANYBODYS, "403"}:  # a 403 is kept by no cache unless it is told to
            told = answer.get("Cache-Control", "nothing").split(", ")
            assert {"private", "no-store"} <= set(told), name


def test_what_a_cache_may_keep_names_nobody(answers: dict[str, Any]) -> None:
    for name in ANYBODYS:
        assert b"author@example.edu" not in answers[name].content, name


def test_cookies_are_for_this_site_and_the_session_is_not_for_scripts(world: World) -> None:
    """The token of forms is read by the script that uploads."""
    client = signs_in(world, Client())
    session, token = client.cookies["sessionid"], client.cookies["csrftoken"]
    assert (session["httponly"], session["samesite"]) == (True, "Lax")
    assert token["samesite"] == "Lax"
    assert (session["domain"], token["domain"]) == ("", "")


def test_signing_in_makes_a_new_session(world: World) -> None:
    """One that was planted before is worth nothing afterwards."""
    planted = Client()
    planted.cookies["sessionid"] = "planted"
    assert signs_in(world, planted).cookies["sessionid"].value != "planted"


def test_the_token_of_forms_changes_with_the_session(world: World) -> None:
    """A page from before the sign-in can do nothing in the new session."""
    client = Client()
    client.get("/sign-in/")
    before = client.cookies["csrftoken"].value
    assert signs_in(world, client).cookies["csrftoken"].value != before


def signs_in(world: World, client: Client) -> Client:
    who = world.people["author"].user
    answer = client.post("/sign-in/", {"username": who.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client
