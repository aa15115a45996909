"""The host's examination."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from runners.docker_health import engine_line, runc_line, walls_missing
from runners.doctor import examine, main, stands_against, usable
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
    for name in (
        "docker",
        "limits",
        "runtime",
        "images",
        "walls",
        "bubblewrap",
        "process",
        "gpu",
        "disk",
    ):
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


NEWER = {"ServerVersion": "28.2", "KernelVersion": "6.1", "SecurityOptions": ["name=seccomp"]}


@pytest.mark.parametrize(
    ("info", "api", "health"),
    [
        ({}, "1.50", Health.OK),
        ({"ServerVersion": "20.10.24+dfsg1"}, "1.41", Health.WARN),
        ({"ServerVersion": "19.03"}, "1.40", Health.FAIL),
        ({}, "", Health.FAIL),
        ({"SecurityOptions": ["name=apparmor"]}, "1.50", Health.FAIL),
        ({"SecurityOptions": None}, "1.50", Health.FAIL),
    ],
)
def test_an_engine_is_new_enough_and_filters_calls(
    info: dict[str, Any], api: str, health: Health
) -> None:
    assert engine_line({**NEWER, **info}, {"ApiVersion": api}).health is health


@pytest.mark.parametrize(
    ("version", "health"),
    [
        ("1.1.5+ds1", Health.OK),  # mended by its distribution, for all that can be told
        ("1.1.11", Health.FAIL),
        ("1.1.12", Health.WARN),
        ("1.2.8", Health.OK),
        ("1.3.2", Health.WARN),
        ("1.4.0", Health.OK),
        ("", Health.WARN),
    ],
)
def test_a_runc_with_a_known_way_out(version: str, health: Health) -> None:
    parts = [{"Name": "runc", "Version": version}] if version else []

    assert runc_line({"Components": parts}).health is health


HELD = {
    "forks": 15,
    "release": "6.1",
    "root": "read-only",
    "names": ["lo"],
    "NoNewPrivs": "1",
    "Seccomp": "2",
    "CapBnd": "0000000000000000",
    "CapEff": "0000000000000000",
    "Uid": "65532 65532 65532 65532",
}


@pytest.mark.parametrize(
    ("said", "gap"),
    [
        ({"forks": 64}, "a limit of processes"),
        ({"root": "writable"}, "a read-only root"),
        ({"names": ["lo", "eth0"]}, "no network"),
        ({"NoNewPrivs": "0"}, "no new privileges"),
        ({"Seccomp": "0"}, "filtered system calls"),
        ({"CapBnd": "00000000a80425fb"}, "no capabilities"),
        ({"CapEff": None}, "no capabilities"),
        ({"Uid": "0 0 0 0"}, "a user of its own"),
    ],
)
def test_a_container_tells_which_wall_it_lacks(said: dict[str, Any], gap: str) -> None:
    assert walls_missing(HELD, None) == []
    assert walls_missing({**HELD, **said}, None) == [gap]
    assert walls_missing({**HELD, "Seccomp": "0", "NoNewPrivs": None}, "6.18") == []
    assert walls_missing(HELD, "6.1") == ["another kernel"]


@pytest.mark.docker
def test_an_engine_that_was_made_worse(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """A second engine below which no controller of processes is mounted, and that has no images."""
    if not Path("/sys/fs/cgroup/pids").is_dir() or os.getuid() != 0:
        pytest.skip("needs root, and version 1 of control groups, whose controllers can be hidden")
    folder = Path(tempfile.mkdtemp(prefix="worse-"))  # a socket's path may not be long
    request.addfinalizer(lambda: shutil.rmtree(folder, ignore_errors=True))
    socket = folder / "engine.sock"
    own = [f"--{name}={folder / name}" for name in ("data-root", "exec-root", "pidfile")]
    engine = f"umount /sys/fs/cgroup/pids && exec dockerd --host unix://{socket} {' '.join(own)}"
    switched_off = "--bridge=none --iptables=false --storage-driver=vfs"
    with (folder / "log").open("wb") as log:
        worse = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", f"{engine} {switched_off}"], stdout=log, stderr=log
        )
    request.addfinalizer(lambda: worse.wait(30))
    request.addfinalizer(worse.terminate)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{socket}")
    until = time.monotonic() + 60
    while line(lines := examine(), "docker").health is Health.FAIL:
        assert worse.poll() is None, (folder / "log").read_text()
        assert time.monotonic() < until
        time.sleep(0.2)

    assert line(lines, "limits").found.endswith("not limited: pids")
    found = {one.name for one in stands_against("docker")}
    assert found == {"limits", "images"}
    assert stands_against("auto") == [] or line(lines, "bubblewrap").health is Health.FAIL
