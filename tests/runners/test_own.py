"""Submissions of our own: one guest serves several, and each finds it as if it were new."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from runners.contract import RunRequest, Verdict
from runners.grading import Grader
from runners.sandboxes.base import ProcessSpec, Role
from runners.sandboxes.bubblewrap import BubblewrapSandbox
from runners.sandboxes.bubblewrap_process import BubblewrapProcess
from tests.capabilities import require
from tests.runners.conftest import make_request, messages, outcomes

LEAVES = """
    import os, pathlib, subprocess, sys, time
    pathlib.Path(os.environ["TMPDIR"], "left").write_text("x")
    pathlib.Path(os.environ["HOME"], "left").write_text("x")
    sys.left = True
    if os.fork() == 0:
        time.sleep(600)
        os._exit(0)

    def f(x):
        if os.fork() == 0:
            time.sleep(600)
        pathlib.Path("deep").mkdir()
        pathlib.Path("deep", "left").write_text("x")
        return x
"""
FINDS = """
    import os, pathlib, sys

    def f(x):
        found = sorted(os.listdir(os.environ["TMPDIR"]) + os.listdir(os.environ["HOME"]))
        running = [p for p in os.listdir("/proc") if p.isdigit()]
        return found, hasattr(sys, "left"), len(running)
"""
CHECK = "from question1 import f\ndef test_it(): assert f(1) == 1\n"
TELLS = "from question1 import f\ndef test_it(): assert False, repr(f(1))\n"


class Counting(BubblewrapSandbox):
    """Counts the guests that it starts."""

    def __init__(self) -> None:
        super().__init__()
        self.guests = 0
        self.started: BubblewrapProcess | None = None

    def start(self, spec: ProcessSpec) -> BubblewrapProcess:
        process = super().start(spec)
        if spec.role is Role.GUEST:
            self.guests += 1
            self.started = process
        return process


@pytest.fixture
def counted() -> Iterator[tuple[Counting, Grader]]:
    """A grader that starts no guest ahead but for a submission of somebody else's."""
    require("bubblewrap")
    sandbox = Counting()
    with Grader(sandbox) as grader:
        yield sandbox, grader


def own(check: str, source: str, check_seconds: float = 5) -> RunRequest:
    request = make_request(check, source, check_seconds=check_seconds)
    return dataclasses.replace(request, own=True)


def test_one_guest_serves_them_all_and_nothing_stays(counted: tuple[Counting, Grader]) -> None:
    sandbox, grader = counted
    alone = messages(grader.grade(make_request(TELLS, FINDS)))
    assert sandbox.guests == 1

    assert outcomes(grader.grade(own(CHECK, LEAVES))) == {"test_it": "passed"}
    assert messages(grader.grade(own(TELLS, FINDS))) == alone
    assert outcomes(grader.grade(own(CHECK, "def f(x): return x\n"))) == {"test_it": "passed"}
    assert sandbox.guests == 2


def test_a_check_that_hangs_or_dies_does_not_cost_the_guest(
    counted: tuple[Counting, Grader],
) -> None:
    sandbox, grader = counted
    hangs = "def f(x):\n    while True: pass\n"
    dies = "import os\ndef f(x): os.kill(os.getpid(), 9)\n"

    for source, end in ((hangs, "timeout"), (dies, "crashed"), ("def f(x): return x\n", "passed")):
        assert outcomes(grader.grade(own(CHECK, source, check_seconds=1))) == {"test_it": end}
    assert sandbox.guests == 1


def test_a_student_never_gets_a_guest_that_was_used(counted: tuple[Counting, Grader]) -> None:
    sandbox, grader = counted
    for request in (own(CHECK, LEAVES), make_request(CHECK, LEAVES), own(CHECK, LEAVES)):
        assert outcomes(grader.grade(request)) == {"test_it": "passed"}
    assert sandbox.guests == 3


def test_other_limits_want_another_guest(counted: tuple[Counting, Grader]) -> None:
    sandbox, grader = counted
    for seconds in (5.0, 6.0):
        grader.grade(own(CHECK, LEAVES, check_seconds=seconds))
    assert sandbox.guests == 2


def test_a_guest_that_was_lost_is_not_used_again(counted: tuple[Counting, Grader]) -> None:
    sandbox, grader = counted
    first = grader.grade(own(CHECK, "def f(x): return x\n"))
    assert outcomes(first) == {"test_it": "passed"}
    assert sandbox.started is not None
    sandbox.started.kill()

    assert grader.grade(own(CHECK, "def f(x): return x\n")).verdict is Verdict.SYSTEM_FAULT
    assert outcomes(grader.grade(own(CHECK, "def f(x): return x\n"))) == {"test_it": "passed"}
    assert sandbox.guests == 2
