"""How a process ended is told truly, and nothing of it is left."""

from __future__ import annotations

import gc
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import docker
import pytest

from runners.sandboxes.base import ProcessSpec, Role
from runners.sandboxes.bubblewrap_process import BubblewrapProcess
from runners.sandboxes.docker_options import JOB_LABEL
from runners.sandboxes.processes import tree
from tests.runners.sandboxes.conftest import (
    SANDBOXES,
    SMALL,
    Inside,
    Start,
    receive_all,
    run_to_end,
    running,
)
from tests.runners.sandboxes.programs import ECHO, SLEEP, python


@pytest.mark.parametrize(
    ("code", "exit_code", "number"),
    [
        ("pass", 0, None),
        ("import sys; sys.exit(7)", 7, None),
        ("raise ValueError", 1, None),
        ("import ctypes; ctypes.string_at(0)", None, signal.SIGSEGV),
        ("import os; os.kill(os.getpid(), 9)", 0, None),  # number 1 may not be ended so
    ],
)
def test_own_ending(start: Start, code: str, exit_code: int | None, number: int | None) -> None:
    _, ending = run_to_end(start(code))

    assert (ending.exit_code, ending.signal) == (exit_code, number)
    assert not ending.out_of_memory


def test_killed_while_running(start: Start) -> None:
    ending = start(SLEEP).kill()

    assert (ending.exit_code, ending.signal, ending.out_of_memory) == (None, signal.SIGKILL, False)


def test_kill_tells_everyone_the_same(start: Start) -> None:
    process = start(ECHO)

    with ThreadPoolExecutor(8) as pool:
        endings = [job.result() for job in [pool.submit(process.kill) for _ in range(8)]]

    assert len(set(endings)) == 1
    assert process.kill() == endings[0]


def test_use_is_measured(start: Start) -> None:
    code = (
        "import time\nheld = bytearray(60 << 20)\nbegan = time.process_time()\n"
        "while time.process_time() < began + 0.5: pass\nprint(1, flush=True)\ntime.sleep(600)"
    )
    process = start(code)
    receive_all(process, 1)

    now, ending = process.measure(), process.kill()

    for found in (now, ending):
        assert found.cpu_seconds is not None
        assert 0.4 < found.cpu_seconds < 10
        assert found.peak_bytes is not None
        assert 60 << 20 < found.peak_bytes < 250 << 20
    assert (now.exit_code, now.signal) == (None, None)


def test_measuring_is_quick(start: Start) -> None:
    process = start(SLEEP)
    took = []
    for _ in range(9):
        began = time.monotonic()
        process.measure()
        took.append(time.monotonic() - began)

    assert sorted(took)[4] < 0.05


def test_nothing_is_left(start: Start, job: str) -> None:
    daemon = (
        "import os, signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(600)\n"
        "    os._exit(0)\nos.wait()\nprint(1, flush=True)\ntime.sleep(600)"
    )
    process = start(daemon)
    receive_all(process, 1)

    if isinstance(process, BubblewrapProcess):
        members = list(tree(process.init))
        assert len(members) >= 2
        process.kill()
        assert [pid for pid in members if running(pid)] == []
    else:
        process.kill()
        client = docker.from_env()
        assert client.containers.list(all=True, filters={"label": f"{JOB_LABEL}={job}"}) == []
        client.close()


def test_number_one_cannot_be_killed_from_inside(inside: Inside) -> None:
    """Student code runs in forks of it; none of them may end the guest for the others."""
    code = "[os.fork() or (os.kill(1, 9), os._exit(0)), os.wait()[1], os.getpid()][1:]"

    assert inside.ask(code) == [0, 1]


def test_descriptors_and_threads_are_returned(kind: str, job: str) -> None:
    sandbox = SANDBOXES[kind](command=python("pass"))

    def run(times: int) -> tuple[int, int]:
        for _ in range(times):
            run_to_end(sandbox.start(ProcessSpec(Role.GUEST, SMALL, job, time.time() + 60)))
        gc.collect()
        return len(list(Path("/proc/self/fd").iterdir())), threading.active_count()

    first = run(5)  # the connections that are kept for later are all open now
    then = run(5)

    # Some are closed by threads that end a moment later; a leak would leave five more.
    assert then[0] < first[0] + 5
    assert then[1] < first[1] + 5
