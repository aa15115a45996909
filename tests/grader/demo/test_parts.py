"""Where the demo's page is, and what is said when a part dies."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from grader.demo.parts import HOST, WEB, PartEnded, free_port, running, status


def test_the_next_free_port() -> None:
    """Another server keeps its port."""
    with socket.create_server((HOST, 0)) as taken:
        port: int = taken.getsockname()[1]
        assert port < free_port(port) < port + 50
    assert free_port(port) == port


def test_nobody_answers() -> None:
    """A closed port is no error, for a server may still be starting."""
    with socket.create_server((HOST, 0)) as server:
        port: int = server.getsockname()[1]
    assert status(f"http://{HOST}:{port}/healthz") == 0


def test_a_server_that_cannot_start(tmp_path: Path) -> None:
    """Its name, and what it said last; here there is no such project."""
    with running(tmp_path, tmp_path / "logs", 8799) as parts:
        parts.start(WEB)
        with pytest.raises(PartEnded) as caught:
            parts.wait_for_web()
    first, *_, last = str(caught.value).splitlines()
    assert first == f"web ended by itself. The end of {tmp_path}/logs/web.log:"
    assert last == "ModuleNotFoundError: No module named 'web'"
