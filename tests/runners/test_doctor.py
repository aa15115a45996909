"""The host's examination."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from runners.doctor import examine, main, usable
from runners.gpus import Gpus
from runners.health import Health, Line


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
    lines = [
        Line("docker", Health.OK, "", part="docker"),
        Line("images", Health.FAIL, "", part="docker"),
    ]

    assert not usable(lines)
    assert usable([*lines, Line("bubblewrap", Health.OK, "", part="bubblewrap")])


def test_a_host_with_a_gpu_whose_leases_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The program stands for the driver; leases are real."""
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'GPU-11111111-0000, NVIDIA H200, 580.65'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("runners.gpus.FOLDER", tmp_path / "locks")
    shown = "NVIDIA H200 GPU-11111111-0000, driver 580.65"

    def gpu() -> Line:
        return line(examine(), "gpu")

    found = gpu()
    assert found.health is Health.WARN
    assert found.found == f"{shown}; leases work, 1 of 1 free; not for containers"
    (tmp_path / "nvidia-ctk").symlink_to(program)
    with Gpus(tmp_path / "locks").lease(1, needed=True):
        assert gpu() == Line("gpu", Health.OK, f"{shown}; leases work, 0 of 1 free")
    (tmp_path / "locks" / "GPU-11111111-0000.lock").unlink()
    (tmp_path / "locks" / "GPU-11111111-0000.lock").symlink_to(tmp_path)
    assert gpu().health is Health.FAIL
