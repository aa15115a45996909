"""Each request has a number: in its answer, on the pages of errors, and in the log."""

from __future__ import annotations

import json
import logging
import re
import sys
from pathlib import Path
from typing import Any, Never
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client
from django.urls import path

from grader import logs
from grader.demo.child import Child
from tests.factories import ROOT
from tests.servers import free_port
from tests.web.reading import main
from web import urls

NUMBER = re.compile(r"[2-9A-Z]{10}")


def breaks(_request: HttpRequest, pk: int) -> Never:
    raise ZeroDivisionError(pk)


async def awaits(_request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse(str(dict(logs.told())))


urlpatterns = [
    path("breaks/<int:pk>/", breaks, name="breaks"),
    path("awaits/<int:pk>/", awaits, name="awaits"),
    *urls.urlpatterns,
]


@pytest.mark.urls(__name__)
def test_who_meets_an_error_reads_the_number_of_its_lines(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    form = logs.JsonLines()
    # The handler is that of the whole test run: what is changed must be put back.
    monkeypatch.setattr(caplog.handler, "emit", lambda record: said.append(form.format(record)))
    caplog.set_level(logging.INFO)
    page = Client(raise_request_exception=False).get("/breaks/5/")
    number = page["X-Request-ID"]
    assert NUMBER.fullmatch(number)
    assert main(page).endswith(f"tell them this number: {number}")
    error, last = map(json.loads, said)
    assert error["message"] == "Internal Server Error: /breaks/<int:pk>/"
    assert error["exception"].endswith("ZeroDivisionError: 5")
    assert re.fullmatch(r"GET breaks: 500 in \d+ ms", last["message"])
    assert {(line["request"], line["submission"]) for line in (error, last)} == {(number, 5)}


@pytest.mark.urls(__name__)
def test_what_runs_later_knows_it_too() -> None:
    page: Any = async_to_sync(AsyncClient().get)("/awaits/6/")
    assert page.content.decode() == str({"request": page["X-Request-ID"], "submission": 6})
    assert logs.told() == {}


def test_a_browser_cannot_choose_it() -> None:
    chosen = {"x-request-id": "AAAAAAAAAA\n{}"}
    first, second = (Client().get("/healthz", headers=chosen) for _ in range(2))
    assert first["X-Request-ID"] != second["X-Request-ID"]
    assert NUMBER.fullmatch(first["X-Request-ID"])


def test_a_page_without_a_request_has_no_number() -> None:
    assert "number" not in main(Client().get("/nowhere/"))


def test_a_real_server_logs_nothing_but_objects(tmp_path: Path) -> None:
    """Of a real server, with the lines of its own; neither a query nor a whole address."""
    port, log = free_port(), tmp_path / "log"
    server = [sys.executable, "-m", "uvicorn", "web.asgi:application", "--port", str(port)]
    inside = [f"SANDGLASS_DATA={tmp_path}", "SANDGLASS_LOG=json"]
    child = Child(["/usr/bin/env", *inside, *server], folder=ROOT, log=log)
    try:
        child.wait_until(lambda: asked(port, "/healthz") == 200, seconds=60)
        assert asked(port, "/password-reset/MQ/a-token/?who=ada") == 500  # there are no tables
        assert asked(port, "/nowhere/?who=ada") == 404
    finally:
        child.stop()
    said = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    others = [line for line in log.read_text().splitlines() if not line.startswith("{")]
    assert [line for line in others if not line.startswith("INFO:")] == []  # before it has us
    assert "a-token" not in log.read_text()
    assert "ada" not in log.read_text()
    messages = [line["message"] for line in said]
    assert any(re.fullmatch(r"GET nothing: 404 in \d+ ms", message) for message in messages)
    assert any(line["message"].startswith("Internal Server Error: /pass") for line in said)


def asked(port: int, address: str) -> int:
    """The status of an answer; 0 where nobody answers."""
    try:
        with urlopen(f"http://127.0.0.1:{port}{address}", timeout=10) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code
    except OSError:
        return 0
