"""Leases of whole GPUs: one holder each, whoever that is, and none left behind by who died."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from runners.contract import Gpu
from runners.gpus import Gpus, device_files, parse_gpus
from runners.sandboxes.base import SandboxError

FIRST = Gpu("GPU-11111111-0000-0000-0000-000000000000", "NVIDIA H200", "580.65", "/dev/nvidia0")
SECOND = Gpu("GPU-22222222-0000-0000-0000-000000000000", "NVIDIA H200", "580.65", "/dev/nvidia1")
PAIR = (FIRST, SECOND)
ROOT = Path(__file__).parents[2]

HOLDER = """
import sys, time
from pathlib import Path
from tests.runners.test_leases import PAIR
from runners.gpus import Gpus

with Gpus(Path(sys.argv[1]), lambda: PAIR).lease(1, needed=True) as held:
    print(held[0].uuid, flush=True)
    time.sleep(60)
"""


def gpus(folder: Path, found: tuple[Gpu, ...] = PAIR) -> Gpus:
    return Gpus(folder / "locks", lambda: found)


def test_what_nvidia_smi_prints_becomes_gpus(tmp_path: Path) -> None:
    page = tmp_path / "0000:01:00.0" / "information"
    page.parent.mkdir()
    page.write_text(f"Model: \t\t NVIDIA H200\nGPU UUID: \t {FIRST.uuid}\nDevice Minor: \t 0\n")
    listed = (
        f"{FIRST.uuid}, NVIDIA H200, 580.65\n"
        "GPU-33333333-0000-0000-0000-000000000000, Tesla T4, 535.1\n"
        "MIG-44444444-0000-0000-0000-000000000000, a slice of one, 580.65\n"
        "../../etc/passwd, x, y\nNo devices were found\n"
    )

    assert parse_gpus(listed, device_files(tmp_path)) == (
        FIRST,
        Gpu("GPU-33333333-0000-0000-0000-000000000000", "Tesla T4", "535.1", ""),
    )


def test_no_two_holders_have_the_same_gpu(tmp_path: Path) -> None:
    with gpus(tmp_path).lease(1, needed=True) as one, gpus(tmp_path).lease(1, needed=True) as other:
        assert {*one, *other} == set(PAIR)
        assert gpus(tmp_path).free() == []
        with (
            pytest.raises(SandboxError, match="too long"),
            gpus(tmp_path).lease(1, needed=True, patience=0.5),
        ):
            pass
    assert gpus(tmp_path).free() == [*PAIR]


def test_one_waits_until_another_gives_back(tmp_path: Path) -> None:
    seen: list[tuple[Gpu, ...]] = []

    def wait() -> None:
        with gpus(tmp_path).lease(2, needed=True, patience=20) as held:
            seen.append(held)

    with gpus(tmp_path).lease(1, needed=True):
        waiting = threading.Thread(target=wait)
        waiting.start()
        time.sleep(0.5)
        assert seen == []
        # Whoever waits for two keeps none meanwhile: a run that wants one is not in its way.
        with gpus(tmp_path).lease(1, needed=True, patience=5):
            pass
    waiting.join(20)
    assert seen == [PAIR]


def test_a_lease_ends_with_the_process_that_holds_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "locks")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": "."}
    ) as holder:
        assert holder.stdout is not None
        taken = holder.stdout.readline().strip()
        free = gpus(tmp_path).free()
        holder.send_signal(signal.SIGKILL)
        holder.wait()

    assert taken == FIRST.uuid
    assert free == [SECOND]
    assert gpus(tmp_path).free() == [*PAIR]


def test_a_host_with_too_few(tmp_path: Path) -> None:
    with gpus(tmp_path, (FIRST,)).lease(2, needed=False) as held:
        assert held == ()
    with gpus(tmp_path, ()).lease(0, needed=True) as held:
        assert held == ()
    with (
        pytest.raises(SandboxError, match="needs 2 GPU\\(s\\) and this host has 1"),
        gpus(tmp_path, (FIRST,)).lease(2, needed=True),
    ):
        pass


def test_a_link_in_a_locks_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / f"{FIRST.uuid}.lock").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(SandboxError, match="No lock can be made"):
        gpus(tmp_path).free()
    assert not (tmp_path / "elsewhere").exists()


def test_locks_are_for_every_user(tmp_path: Path) -> None:
    with gpus(tmp_path).lease(1, needed=True):
        made = tmp_path / "locks" / f"{FIRST.uuid}.lock"
        assert made.stat().st_mode & 0o777 == 0o666
        assert made.parent.stat().st_mode & 0o7777 == 0o1777
