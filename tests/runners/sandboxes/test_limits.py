"""Memory, processes and files run out inside a sandbox, and nowhere else."""

from __future__ import annotations

import pytest

from runners.contract import Limits
from tests.runners.sandboxes.conftest import SMALL, Inside, Start, run_to_end
from tests.runners.sandboxes.programs import ASK

MIB = 1024**2


def test_too_many_processes(inside: Inside) -> None:
    made, refusal = inside.ask("crowd(100)")

    assert refusal == "EAGAIN"
    assert SMALL.processes - 4 <= made < SMALL.processes


def test_too_many_processes_here_do_not_hurt_there(start: Start) -> None:
    first, second = Inside(start(ASK)), Inside(start(ASK))
    assert first.ask("crowd(100)")[1] == "EAGAIN"

    assert second.ask("crowd(10)") == [10, "done"]


def test_a_family_that_holds_too_much_memory(start: Start) -> None:
    """Each process alone stays below the limit; together they do not."""
    code = (
        "import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n"
        f"        held = bytearray(os.urandom({MIB})) * 100\n        time.sleep(600)\n"
        "os.wait()"  # until the first of them, or all, are killed
    )

    _, ending = run_to_end(start(code))

    assert ending.out_of_memory


def test_one_process_that_takes_too_much_memory(start: Start, kind: str) -> None:
    """Docker's kernel kills it; in bubblewrap the allocation fails, which Python survives."""
    code = f"held = []\nwhile True: held.append(bytearray({8 * MIB}))"

    _, ending = run_to_end(start(code))

    if kind == "docker":
        assert ending.out_of_memory
    else:
        assert "MemoryError" in ending.stderr
        assert ending.exit_code == 1


def test_forks_share_what_they_do_not_change(start: Start) -> None:
    """Eight forks of a large process hold its memory once: nobody is killed for the sum."""
    code = (
        f"import os, time\nheld = bytearray(os.urandom({MIB})) * 100\n"
        "for _ in range(8):\n    if os.fork() == 0:\n        time.sleep(600)\n"
        "time.sleep(1.5)\nprint('well', flush=True)"
    )

    said, ending = run_to_end(start(code))

    assert said == b"well\n"
    assert not ending.out_of_memory


@pytest.mark.parametrize(
    ("name", "soft", "hard"),
    [
        ("CORE", 0, 0),
        ("NOFILE", 1024, 1024),
        ("FSIZE", SMALL.scratch_bytes, SMALL.scratch_bytes),
        ("STACK", 8 * MIB, 64 * MIB),
        ("CPU", 360, 360),
    ],
)
def test_limits_of_each_process(inside: Inside, name: str, soft: int, hard: int) -> None:
    assert inside.ask(f"resource.getrlimit(resource.RLIMIT_{name})") == [soft, hard]


def test_defaults_have_room_for_torch(start: Start) -> None:
    code = (
        "import torch, threading\nlayer = torch.nn.Linear(1000, 1000)\n"
        "layer(torch.randn(64, 1000)).sum().backward()\n"
        "threads = [threading.Thread(target=lambda: torch.randn(200, 200).mm(torch.eye(200)))"
        " for _ in range(20)]\n[one.start() for one in threads]\n[one.join() for one in threads]\n"
        "print('fits')"
    )

    said, ending = run_to_end(start(code, limits=Limits()))

    assert said == b"fits\n", ending.stderr
