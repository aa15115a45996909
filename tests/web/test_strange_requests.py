"""What a scripted client tried on a running service, each as it was found: no 500, and no delay."""

from __future__ import annotations

import http.client
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.assignments.homework import write_homework
from tests.web.test_arrival import serving
from tests.web.world import World
from web.asgi import application

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=cut"
CHARSETS = ["utf-7", "utf-16", "rot13", "hex", "zip", "idna", "nonsense", "x" * 5000]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_homework(tmp_path_factory.mktemp("strange") / "hw0")


@pytest.fixture
def world(folder: Path) -> World:
    return World(folder)


def part(name: bytes, data: bytes = b"1", more: bytes = b"") -> bytes:
    return b'--cut\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n' % (
        name,
        more,
        data,
    )


@pytest.mark.parametrize("charset", CHARSETS)
def test_a_form_in_an_encoding_of_its_own(world: World, charset: str) -> None:
    """Python knows codecs that read no text at all."""
    client, kind = world.client("author"), f"{FORM}; charset={charset}"
    for name, body in (("sign-in", b"username=+AGE-"), ("password-change", b"old_password=+AGE-")):
        for who in (client, Client()):
            answer = who.generic("POST", world.address(name), body, kind)
            assert answer.status_code in {200, 302}
    multipart = f"{MULTIPART}; charset={charset}"
    body = part(b"token", b"+AGE-") + b"--cut--\r\n"
    assert client.generic("POST", world.address("homework"), body, multipart).status_code == 422


@pytest.mark.parametrize("words", ["a" * 60_000, "%" * 60_000, "a\0" * 30_000])
def test_a_search_for_a_whole_book(world: World, words: str) -> None:
    """A database refuses patterns beyond some length."""
    answer = world.client("ta").get(world.address("submissions"), {"q": words})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, b"&".join(b"a%d=1" % number for number in range(100_000))),
        (FORM, b"old_password=" + b"a" * 3_000_000),
        (MULTIPART, b"".join(part(b"a%d" % number) for number in range(20_000)) + b"--cut--\r\n"),
        (MULTIPART, b"".join(part(b"f", more=b'; filename="a"') for _ in range(5_000))),
        (MULTIPART, part(b"a", more=b'; x="' + b"y" * 2_000_000 + b'"') + b"--cut--\r\n"),
        (MULTIPART, b"--cut\r\n" + b"X: a\r\n" * 100_000 + b"\r\na\r\n--cut--\r\n"),
        ("multipart/form-data; boundary=" + "x" * 5_000, b"abc"),
    ],
    ids=["fields", "a field", "parts", "files", "a header", "headers", "a boundary"],
)
def test_a_form_that_is_too_much_is_none(world: World, kind: str, body: bytes) -> None:
    for name in ("password-change", "homework"):
        client = world.client("author")
        answer = client.generic("POST", world.address(name), body, kind)
        assert answer.status_code in {400, 413, 422}, name
        assert b"Traceback" not in answer.content


@pytest.mark.parametrize("begun", [b"GET / HTTP/1.1\r\nHost: loc", b"POST /sign-in/ HTTP/1.1\r\n"])
def test_many_who_never_finish_their_request_hold_up_nobody(begun: bytes) -> None:
    """Half a head, or a head without its body."""
    if begun.startswith(b"POST"):
        begun += b"Host: localhost\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\na"
    with ExitStack() as open_, serving(application) as port:
        for _ in range(100):
            sock: Any = socket.create_connection(("127.0.0.1", port), timeout=30)
            open_.enter_context(sock)
            sock.sendall(begun)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/sign-in/", headers={"Host": "localhost"})
        assert connection.getresponse().status == 200
        connection.close()
        open_.close()
