"""A program beside us: it ends with us and not before."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from grader.demo.child import Child, ChildError
from tests.grader.demo.ending import ended, ends_within

ROOT = Path(__file__).resolve().parents[3]
# Says that it is ready, and then waits.
WAITING = "print('ready', flush=True); import time; time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {WAITING}"
# A demo in short: it starts a child, prints its number, and waits to be killed.
PARENT = f"""
import sys, time
from pathlib import Path
from grader.demo.child import Child
folder = Path(sys.argv[1])
child = Child([sys.executable, "-c", {WAITING!r}], folder=folder, log=folder / "log")
print(child.pid, flush=True)
time.sleep(60)
"""


def start(folder: Path, program: str) -> Child:
    """A child that runs a line of Python."""
    return Child([sys.executable, "-c", program], folder=folder, log=folder / "log")


def wait_until_ready(child: Child, folder: Path) -> None:
    child.wait_until(lambda: (folder / "log").read_text() == "ready\n", seconds=30)


def test_stop(tmp_path: Path) -> None:
    """It runs until it is asked to end; asking twice harms nothing."""
    child = start(tmp_path, WAITING)
    wait_until_ready(child, tmp_path)
    assert child.alive
    child.stop()
    child.stop()
    assert not child.alive


def test_stop_of_a_stubborn_one(tmp_path: Path) -> None:
    """What does not listen is killed."""
    child = start(tmp_path, STUBBORN)
    wait_until_ready(child, tmp_path)
    child.stop(patience=0.1)
    assert not child.alive


def test_the_end_of_a_thread_is_not_our_end(tmp_path: Path) -> None:
    """Linux would send the signal when the thread that forked ends."""
    children: list[Child] = []
    thread = threading.Thread(target=lambda: children.append(start(tmp_path, WAITING)))
    thread.start()
    thread.join()
    wait_until_ready(children[0], tmp_path)
    time.sleep(0.1)
    assert children[0].alive
    children[0].stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux signals the end of a parent")
def test_it_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    """SIGKILL leaves the parent no time to stop anything."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert not ended(child)
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    assert ends_within(child, 10)


def test_one_that_ends_too_early(tmp_path: Path) -> None:
    """The error shows what it said."""
    child = start(tmp_path, "print('no room left')")
    with pytest.raises(ChildError) as caught:
        child.wait_until(lambda: False, seconds=30)
    name, log = Path(sys.executable).name, tmp_path / "log"
    assert str(caught.value) == f"{name} ended before it answered. Its log {log}:\nno room left"


def test_one_that_never_answers(tmp_path: Path) -> None:
    """Nobody waits for ever."""
    child = start(tmp_path, "import time; time.sleep(60)")
    expected = f"did not answer within 0.05 seconds. Its log {tmp_path / 'log'} is empty."
    with pytest.raises(ChildError, match=re.escape(expected)):
        child.wait_until(lambda: False, seconds=0.05)
    child.stop()
