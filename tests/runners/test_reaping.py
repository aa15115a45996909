"""What a worker that was killed left behind goes by itself, and the reaper with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import docker
import pytest

from runners.reaping import Reaper, main
from runners.sandboxes.docker_options import JOB_LABEL

PERIOD = 0.5
# A worker as far as this is about it: a reaper beside it, and a sandbox whose deadline is near.
WORKER = f"""
import subprocess, sys, time
from runners.sandboxes.base import ProcessSpec, Role
from runners.sandboxes.docker import DockerSandbox
from tests.runners.sandboxes.conftest import SMALL
from tests.runners.sandboxes.programs import SLEEP, python

command = [sys.executable, "-m", "runners.reaping", "--sandbox=docker", "--every={PERIOD}"]
reaper = subprocess.Popen(command, stdin=subprocess.PIPE)
sandbox = DockerSandbox(command=python(SLEEP))
made = sandbox.start(ProcessSpec(Role.GUEST, SMALL, sys.argv[1], time.time() + 15))
print(reaper.pid, flush=True)
time.sleep(600)
"""
ROOT = Path(__file__).resolve().parents[2]


def wait_until(holds: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.mark.docker
def test_a_killed_workers_sandbox_is_removed_by_the_next_round() -> None:
    job = f"reaped-{os.getpid()}"
    client = docker.from_env()
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, job], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    reaper = int(worker.stdout.readline())
    try:

        def there() -> bool:
            label = {"label": f"{JOB_LABEL}={job}"}
            return bool(client.api.containers(all=True, filters=label))

        assert there()
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
        wait_until(lambda: not there())
        os.kill(reaper, 0)  # it outlives its worker, until nothing of it can be left
    finally:
        worker.kill()
        os.kill(reaper, signal.SIGTERM)
        client.close()


def test_an_engine_that_is_away_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    reaper = Reaper("docker", "")

    assert reaper.round() == []
    assert reaper.round() == []
    assert caplog.text.count("is still there") == 2


@pytest.mark.bubblewrap
def test_where_nothing_outlives_its_worker_there_is_no_reaper() -> None:
    assert main(["--sandbox=bubblewrap"]) == 0
