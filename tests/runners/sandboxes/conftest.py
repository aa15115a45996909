"""Sandboxes of both kinds, and processes in them that end with the test."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runners.contract import Limits
from runners.sandboxes.base import Ending, ProcessSpec, Role
from runners.sandboxes.bubblewrap import BubblewrapSandbox
from runners.sandboxes.bubblewrap_process import BubblewrapProcess
from runners.sandboxes.docker import DockerSandbox
from runners.sandboxes.docker_process import DockerProcess
from tests.runners.sandboxes.programs import ASK, python

AnyProcess = DockerProcess | BubblewrapProcess
Start = Callable[..., AnyProcess]

SMALL = Limits(memory_bytes=256 * 1024**2, processes=24, scratch_bytes=8 * 1024**2)


SANDBOXES: dict[str, type[DockerSandbox | BubblewrapSandbox]] = {
    "docker": DockerSandbox,
    "bubblewrap": BubblewrapSandbox,
}


class Inside:
    """Asks a process that runs `ASK` what it sees."""

    def __init__(self, process: AnyProcess) -> None:
        self.process = process
        self._rest = b""

    def ask(self, expression: str) -> Any:
        """The value of the expression in there."""
        self.process.send(expression.encode() + b"\n")
        while b"\n" not in self._rest:
            chunk = self.process.receive(65536)
            assert chunk, f"it ended: {self.process.kill()}"
            self._rest += chunk
        line, self._rest = self._rest.split(b"\n", 1)
        return json.loads(line)


@pytest.fixture(
    params=[
        pytest.param("docker", marks=pytest.mark.docker),
        pytest.param("bubblewrap", marks=pytest.mark.bubblewrap),
    ]
)
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of sandbox that the test runs in: each test of both runs twice."""
    return str(request.param)


@pytest.fixture
def job() -> str:
    """A job that no other test has."""
    return f"test-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def start(kind: str, job: str) -> Iterator[Start]:
    """Starts a program in the sandbox; what is still there after the test is killed."""
    started: list[AnyProcess] = []

    def run(code: str, *, role: Role = Role.GUEST, limits: Limits = SMALL) -> AnyProcess:
        sandbox = SANDBOXES[kind](command=python(code))
        spec = ProcessSpec(role, limits, job, time.time() + 300)
        process = sandbox.start(spec)
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()


@pytest.fixture
def inside(start: Start) -> Inside:
    """A guest that answers questions."""
    return Inside(start(ASK))


def receive_all(process: AnyProcess, size: int) -> bytes:
    """Exactly `size` bytes."""
    parts, left = [], size
    while left:
        part = process.receive(min(left, 1 << 20))
        assert part, f"it ended: {process.kill()}"
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def run_to_end(process: AnyProcess) -> tuple[bytes, Ending]:
    """Everything that a process says until it ends by itself, and its ending."""
    parts = []
    while part := process.receive(65536):
        parts.append(part)
    return b"".join(parts), process.kill()


def running(pid: int) -> bool:
    """Whether a process lives. One that nobody has waited for yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
