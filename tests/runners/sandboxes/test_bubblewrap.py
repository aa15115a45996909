"""What only bubblewrap sandboxes need: lifetimes, users, a filter that is assembled here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from runners.sandboxes.base import ProcessSpec, Role, SandboxError
from runners.sandboxes.bubblewrap import BubblewrapSandbox
from runners.sandboxes.bubblewrap_process import BubblewrapProcess
from tests.runners.sandboxes.conftest import SMALL, Inside, receive_all, running
from tests.runners.sandboxes.programs import ASK, ECHO, python

pytestmark = pytest.mark.bubblewrap


def start(code: str) -> BubblewrapProcess:
    spec = ProcessSpec(Role.GUEST, SMALL, "test", time.time() + 60)
    return BubblewrapSandbox(command=python(code)).start(spec)


def test_it_outlives_the_thread_that_started_it() -> None:
    started: list[BubblewrapProcess] = []
    thread = threading.Thread(target=lambda: started.append(start(ECHO)))
    thread.start()
    thread.join()
    time.sleep(0.2)

    try:
        started[0].send(b"still here")
        assert receive_all(started[0], 10) == b"still here"
    finally:
        started[0].kill()


def test_it_dies_with_its_worker() -> None:
    code = (
        "import time\nfrom tests.runners.sandboxes.test_bubblewrap import start\n"
        "from tests.runners.sandboxes.programs import SLEEP\n"
        "print(start(SLEEP).init, flush=True)\ntime.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        init = int(worker.stdout.readline())
        assert running(init)
        worker.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and running(init):
        time.sleep(0.02)

    assert not running(init)


def test_every_sandbox_is_another_user() -> None:
    processes = [start(ASK) for _ in range(2)]
    try:
        users = {Inside(process).ask("os.getuid()") for process in processes}
    finally:
        for process in processes:
            process.kill()

    assert len(users) == (2 if os.getuid() == 0 else 1)


def test_a_failed_start_says_why() -> None:
    spec = ProcessSpec(Role.GUEST, SMALL, "test", time.time() + 60)

    with pytest.raises(SandboxError, match="No such file"):
        BubblewrapSandbox(command=["/nowhere/python"]).start(spec)


def test_describe_names_what_a_receipt_needs() -> None:
    facts = BubblewrapSandbox().describe()

    assert facts["sandbox"] == "bubblewrap"
    assert facts["bubblewrap"].startswith("0.")
    assert facts["guest_code"] != facts["judge_code"]
