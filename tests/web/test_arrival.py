"""When a request came in, and how much of it is taken: a real server and raw sockets."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
import uvicorn
from django.core.handlers.asgi import ASGIRequest
from django.test import RequestFactory

from tests.servers import free_port
from web.arrival import LONGEST_UPLOAD, Application, Stamp, received_at, with_arrival

LIMIT = 1_000_000
NOW = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HEAD = "POST / HTTP/1.1\r\nHost: localhost\r\n"


async def tell_arrival(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """An application that reads the body as Django does, and tells when the request came in."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message["body"]), message["more_body"]
    arrival = received_at(ASGIRequest(scope, BytesIO()), NOW)
    body = json.dumps({"received_at": arrival.timestamp(), "size": size}).encode()
    headers = [(b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@contextmanager
def serving(application: Any) -> Iterator[int]:
    """The application behind uvicorn, at a port."""
    port = free_port()
    config = uvicorn.Config(
        application, port=port, log_level="critical", lifespan="off", ws="none", loop="asyncio"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def port() -> Iterator[int]:
    application: Application = tell_arrival
    with serving(with_arrival(application, LIMIT)) as port:
        yield port


def answer(client: socket.socket) -> tuple[int, bytes]:
    """The status and the body of what the server says until it hangs up."""
    said = b""
    while chunk := client.recv(65_536):
        said += chunk
    head, _, body = said.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def talk(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def test_a_slow_upload_is_as_early_as_its_headers(port: int) -> None:
    with talk(port) as client:
        client.sendall(f"{HEAD}Content-Length: 6\r\n\r\nabc".encode())
        sent = time.time()
        time.sleep(0.8)
        client.sendall(b"def")
        status, body = answer(client)
    told = json.loads(body)
    assert (status, told["size"]) == (200, 6)
    assert abs(told["received_at"] - sent) < 0.4


@pytest.mark.parametrize(
    ("took", "expected"),
    [
        (timedelta(0), NOW - LONGEST_UPLOAD - SECOND),
        (LONGEST_UPLOAD, NOW - LONGEST_UPLOAD - SECOND),
        (LONGEST_UPLOAD + SECOND, NOW),
        (None, NOW),
    ],
    ids=["at once", "the longest", "too long", "never"],
)
def test_who_holds_a_request_open_gains_no_time(took: timedelta | None, expected: datetime) -> None:
    begun = NOW - LONGEST_UPLOAD - SECOND
    stamp = Stamp(begun, None if took is None else begun + took)
    request = RequestFactory().post("/")
    request.scope = {"sandglass.arrival": stamp}  # type: ignore[attr-defined]
    assert received_at(request, NOW) == expected


def test_without_the_wrapper_a_request_comes_in_now() -> None:
    assert received_at(RequestFactory().post("/"), NOW) == NOW


def test_a_body_at_the_limit_is_taken(port: int) -> None:
    with talk(port) as client:
        client.sendall(f"{HEAD}Content-Length: {LIMIT}\r\n\r\n".encode() + b"x" * LIMIT)
        status, body = answer(client)
    assert (status, json.loads(body)["size"]) == (200, LIMIT)


def test_a_body_that_says_it_is_too_large_gets_a_page(port: int) -> None:
    with talk(port) as client:
        size = LIMIT + 1
        client.sendall(f"{HEAD}Content-Length: {size}\r\n\r\n".encode() + b"x" * size)
        status, body = answer(client)
    assert status == 413
    assert b"<h1>This is too much at once</h1>" in body


def test_a_body_that_hides_its_size_is_counted(port: int) -> None:
    chunk = b"40000\r\n" + b"x" * 0x40000 + b"\r\n"
    with talk(port) as client:
        client.sendall(f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode())
        client.sendall(chunk * 5 + b"0\r\n\r\n")
        status, body = answer(client)
    assert status == 413
    assert b"<h1>This is too much at once</h1>" in body


def test_a_script_gets_a_sentence(port: int) -> None:
    with talk(port) as client:
        size = LIMIT + 1
        head = f"{HEAD}Accept: application/json\r\nContent-Length: {size}\r\n\r\n"
        client.sendall(head.encode() + b"x" * size)
        status, body = answer(client)
    assert status == 413
    assert json.loads(body) == {
        "error": "The upload is larger than 1 MB, and nothing of it was taken: leave out data, "
        "models and outputs, and upload again."
    }


def test_who_asks_first_is_answered_before_the_body(port: int) -> None:
    with talk(port) as client:
        head = f"{HEAD}Expect: 100-continue\r\nContent-Length: {LIMIT * 1000}\r\n\r\n"
        client.sendall(head.encode())
        status, _ = answer(client)
    assert status == 413


def test_who_leaves_in_the_middle_harms_nobody(port: int) -> None:
    with talk(port) as client:
        client.sendall(f"{HEAD}Content-Length: 100\r\n\r\nabc".encode())
    with talk(port) as client:
        client.sendall(f"{HEAD}Content-Length: 3\r\n\r\nabc".encode())
        assert answer(client)[0] == 200
