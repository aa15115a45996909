"""The host's examination."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from runners.doctor import Health, Line, examine, main, usable


def line(lines: list[Line], name: str) -> Line:
    return next(one for one in lines if one.name == name)


@pytest.mark.docker
@pytest.mark.bubblewrap
def test_a_complete_host(capsys: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()
    assert main() == 0
    assert time.monotonic() - began < 10

    printed = capsys.readouterr().out
    for name in ("docker", "limits", "images", "bubblewrap", "process", "gpu", "disk"):
        assert f"  {name}" in printed


def test_no_engine_and_no_bubblewrap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nothing.sock")
    monkeypatch.setattr("runners.sandboxes.bubblewrap.find_bubblewrap", lambda: str(tmp_path))

    lines = examine()

    assert line(lines, "docker").health is Health.FAIL
    assert line(lines, "bubblewrap").health is Health.FAIL
    assert line(lines, "process").health is Health.WARN
    assert not usable(lines)
    assert all(one.remedy for one in lines if one.health is not Health.OK)


def test_images_that_do_not_fit_leave_docker_unusable() -> None:
    lines = [Line("docker", Health.OK, ""), Line("images", Health.FAIL, "")]

    assert not usable(lines)
    assert usable([*lines, Line("bubblewrap", Health.OK, "")])
