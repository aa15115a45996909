"""Bytes go in and come out whole, and nobody stays blocked on a sandbox that has ended."""

from __future__ import annotations

import random
import threading
import time

import pytest

from runners.sandboxes.base import SandboxGone
from tests.runners.sandboxes.conftest import Start, receive_all, run_to_end
from tests.runners.sandboxes.programs import ECHO, FLOOD, SLEEP

LARGE = 64 * 1024**2
PATIENCE = 20


def test_echo(start: Start) -> None:
    process = start(ECHO)

    process.send(b"hello")

    assert receive_all(process, 5) == b"hello"


def test_receive_gives_no_more_than_asked_and_loses_nothing(start: Start) -> None:
    process = start(ECHO)

    process.send(b"0123456789")

    first = process.receive(4)
    assert 0 < len(first) <= 4
    assert first + receive_all(process, 10 - len(first)) == b"0123456789"


def test_echo_of_64_mib(start: Start) -> None:
    process = start(ECHO)
    data = random.Random(5).randbytes(1024**2) * (LARGE // 1024**2)
    sender = threading.Thread(target=process.send, args=(memoryview(data),))

    sender.start()
    answer = receive_all(process, LARGE)
    sender.join(PATIENCE)

    assert not sender.is_alive()
    assert answer == data


def test_stderr_is_drained_and_kept_at_both_ends(start: Start) -> None:
    code = "import sys\nsys.stderr.write('first ' + 'x' * 10_000_000 + ' last')\nprint('through')"

    said, ending = run_to_end(start(code))

    assert said == b"through\n"
    assert ending.stderr.startswith("first xxx")
    assert ending.stderr.endswith("xxx last")
    assert len(ending.stderr) < 70_000


def test_stdout_and_stderr_are_apart(start: Start) -> None:
    said, ending = run_to_end(start("import sys\nprint('out')\nsys.stderr.write('err')"))

    assert (said, ending.stderr) == (b"out\n", "err")


def test_receive_is_empty_after_the_end(start: Start) -> None:
    process = start("print('bye')")

    assert run_to_end(process)[0] == b"bye\n"
    assert process.receive(10) == b""


def test_send_to_an_ended_process_raises(start: Start) -> None:
    process = start("import sys; sys.exit(3)")
    assert process.receive(1) == b""

    with pytest.raises(SandboxGone):
        send_until_refused(process.send)


def test_send_after_kill_raises(start: Start) -> None:
    process = start(ECHO)
    process.kill()

    with pytest.raises(SandboxGone):
        process.send(b"too late")


def test_a_writer_does_not_wait_for_one_that_ended_without_reading(start: Start) -> None:
    process = start("import time; time.sleep(0.5)")
    began = time.monotonic()

    with pytest.raises(SandboxGone):
        process.send(bytes(LARGE))

    assert time.monotonic() - began < PATIENCE


def test_kill_wakes_a_blocked_reader(start: Start) -> None:
    process = start(SLEEP)
    heard: list[bytes] = []
    reader = threading.Thread(target=lambda: heard.append(process.receive(10)))
    reader.start()
    time.sleep(0.3)
    assert reader.is_alive()

    process.kill()
    reader.join(PATIENCE)

    assert heard == [b""]


def test_kill_wakes_a_blocked_writer(start: Start) -> None:
    process = start(SLEEP)
    refused = threading.Event()

    def write() -> None:
        with pytest.raises(SandboxGone):
            process.send(bytes(LARGE))
        refused.set()

    writer = threading.Thread(target=write)
    writer.start()
    time.sleep(0.3)
    assert writer.is_alive()

    process.kill()
    writer.join(PATIENCE)

    assert refused.is_set()


def test_kill_ends_one_that_floods(start: Start) -> None:
    process = start(FLOOD)
    receive_all(process, 10**6)

    ending = process.kill()

    assert ending.signal == 9


def send_until_refused(send: object) -> None:
    """The first bytes after an end may still fit a buffer on the way."""
    assert callable(send)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        send(bytes(1 << 16))
        time.sleep(0.01)
