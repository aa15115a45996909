"""Guests that wait: each serves once, none that died is handed out, none is left at the end."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from runners.contract import Limits
from runners.grading import Grader
from runners.pool import Guest, GuestPool, Kind, PoolUse, places_for, start_guest
from runners.sandboxes.base import ProcessSpec, SandboxError
from runners.sandboxes.bubblewrap import BubblewrapSandbox
from runners.sandboxes.bubblewrap_process import BubblewrapProcess
from runners.sandboxes.processes import tree
from runners.sandboxes.pulse import Pulse
from tests.runners.conftest import make_request, outcomes
from tests.runners.sandboxes.conftest import running

pytestmark = pytest.mark.bubblewrap

KIND: Kind = (Limits(), ())
OTHER: Kind = (Limits(processes=100), ())


@dataclass
class Host:
    """Starts real guests, remembers them, and can go away."""

    sandbox: BubblewrapSandbox = field(default_factory=BubblewrapSandbox)
    started: list[BubblewrapProcess] = field(default_factory=list)
    away: bool = False

    def start(self, kind: Kind) -> Guest:
        if self.away:
            raise SandboxError("the engine is away")
        guest = start_guest(self.sandbox, kind)
        assert isinstance(guest.process, BubblewrapProcess)
        self.started.append(guest.process)
        return guest

    def living(self) -> int:
        return sum(running(process.init) for process in self.started)


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host()
    yield host
    for process in host.started:
        process.kill()


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_each_is_handed_out_once_and_none_is_left(host: Host) -> None:
    others = set(threading.enumerate())
    pool = GuestPool(host.start, 2)
    pool.refill(KIND)
    wait_until(lambda: len(host.started) == 2)
    pool.refill(KIND)
    wait_until(lambda: all(each.done() for each in pool._waiting[KIND]))
    assert pool.use() == PoolUse(waiting=2, warm=0, cold=0)
    with ThreadPoolExecutor(3) as takers:
        taken = list(takers.map(lambda _: pool.take(KIND).result().process, range(3)))

    assert len(set(map(id, taken))) == 3
    assert set(map(id, host.started[:2])) < set(map(id, taken))
    assert len(host.started) == 3  # two had waited; who came third had one started
    assert pool.use() == PoolUse(waiting=0, warm=2, cold=1)
    assert pool.use() == PoolUse(waiting=0, warm=0, cold=0)
    pool.refill(OTHER)
    pool.close()  # while they are being started
    for process in taken:
        process.kill()
    assert (len(host.started), host.living()) == (5, 0)
    new = set(threading.enumerate()) - others
    assert not [one.name for one in new if one.name.startswith("guests")]
    pool.refill(KIND)
    assert len(host.started) == 5


def test_one_that_died_or_hangs_is_replaced(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runners.pool._ANSWER_SECONDS", 3.0)
    pool = GuestPool(host.start, 2)
    pool.refill(KIND)
    wait_until(lambda: len(host.started) == 2)
    dead, hanging = host.started
    os.kill(dead.init, signal.SIGKILL)
    wait_until(lambda: not running(dead.init))
    for pid in tree(hanging.init):
        os.kill(pid, signal.SIGSTOP)

    guest = pool.take(KIND).result()

    assert guest.process not in (dead, hanging)
    assert guest.answers()
    assert host.living() == 1
    pool.close()
    guest.process.kill()


def test_an_engine_that_was_away_while_it_was_filled(host: Host) -> None:
    pool = GuestPool(host.start, 1)
    host.away = True
    pool.refill(KIND)
    with pytest.raises(SandboxError, match="the engine is away"):
        pool.take(KIND).result()
    pool.refill(KIND)
    host.away = False

    assert pool.take(KIND).result().answers()
    pool.close()


def test_the_kind_that_nobody_asks_for_makes_room(host: Host) -> None:
    pool = GuestPool(host.start, 1)
    pool.refill(KIND)
    wait_until(lambda: len(host.started) == 1)
    pool.refill(OTHER)
    wait_until(lambda: len(host.started) == 2)
    wait_until(lambda: host.living() == 1)

    assert pool.take(OTHER).result().process is host.started[1]
    pool.close()


def test_memory_bounds_it() -> None:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")

    assert places_for(Limits(memory_bytes=memory // 12), 8) == 3
    assert places_for(Limits(memory_bytes=memory), 8) == 1
    assert places_for(Limits(memory_bytes=memory), 0) == 0


def test_a_fork_leaves_its_parents_guests_alone(host: Host) -> None:
    """A worker's process that was forked from one with a pool: their pipes are not its own."""
    pool = GuestPool(host.start, 1)
    pool.refill(KIND)
    wait_until(lambda: len(host.started) == 1)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            before = host.started[0]
            guest = pool.take(KIND).result()
            own = guest.process is not before and guest.answers()
            guest.process.kill()
            pool.close()
            os.write(writing, b"own" if own else b"shared")
        finally:
            os._exit(0)
    os.close(writing)
    said = os.read(reading, 16)
    os.close(reading)
    os.waitpid(child, 0)

    assert said == b"own"
    assert pool.take(KIND).result().process is host.started[0]
    pool.close()


class Replaced:
    """A sandbox whose images are built anew, as far as a grader can see it."""

    name = "bubblewrap"

    def __init__(self) -> None:
        self.image = "sha256:first"
        self.started: list[tuple[str, str]] = []
        self._real = BubblewrapSandbox()

    def start(self, spec: ProcessSpec) -> BubblewrapProcess:
        process = self._real.start(spec)
        process.image = self.image  # type: ignore[attr-defined]
        self.started.append((spec.role.value, self.image))
        return process

    def describe(self, *, gpu: bool = False) -> dict[str, str]:
        images = {"judge_image": self.image, "guest_image": self.image}
        return {**self._real.describe(gpu=gpu), **images}

    def watch(self) -> Pulse:
        return self._real.watch()

    def reap(self, now: float) -> list[str]:
        return self._real.reap(now)


def test_new_images_replace_judge_and_guests_and_the_receipt_names_them() -> None:
    sandbox = Replaced()
    request = make_request(
        "from question1 import f\n\ndef test_f():\n    assert f() == 1\n", "def f(): return 1"
    )
    images = []
    with Grader(sandbox, ahead=1) as grader:
        for image in ("sha256:first", "sha256:first", "sha256:second"):
            sandbox.image = image
            report = grader.grade(request)
            assert outcomes(report) == {"test_f": "passed"}
            receipt = report.receipt["sandbox"]
            images.append((receipt["judge_image"], receipt["guest_image"]))

    assert images == [("sha256:first",) * 2, ("sha256:first",) * 2, ("sha256:second",) * 2]
    judges = [image for role, image in sandbox.started if role == "judge"]
    assert judges == ["sha256:first", "sha256:second"]
