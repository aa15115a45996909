"""A host with no engine: the error says what to do, and the choice goes to the next sandbox."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from runners.contract import Limits
from runners.sandboxes.base import ProcessSpec, Role, SandboxError
from runners.sandboxes.bubblewrap import BubblewrapSandbox
from runners.sandboxes.choose import open_sandbox
from runners.sandboxes.docker import DockerSandbox


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nothing.sock")


def test_start_says_what_to_do() -> None:
    spec = ProcessSpec(Role.GUEST, Limits(), "job", time.time())

    with pytest.raises(SandboxError, match="start dockerd"):
        DockerSandbox().start(spec)


def test_docker_by_name_is_not_replaced() -> None:
    with pytest.raises(SandboxError, match="start dockerd"):
        open_sandbox("docker")


def test_unknown_name() -> None:
    with pytest.raises(SandboxError, match="auto, docker, bubblewrap, process"):
        open_sandbox("chroot")


@pytest.mark.bubblewrap
def test_auto_takes_bubblewrap() -> None:
    assert isinstance(open_sandbox("auto"), BubblewrapSandbox)


def test_auto_warns_when_nothing_isolates(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setattr("runners.sandboxes.bubblewrap.find_bubblewrap", lambda: str(tmp_path))

    assert open_sandbox("auto").name == "process"
    assert "NO ISOLATION" in caplog.text
