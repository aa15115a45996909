"""Warm guests, started before the submission that they are for; each serves one and is thrown away.

A guest that waits has imported torch and knows nothing. It is handed out only if it still answers
and was made from the image that is in force, and never twice. Those that are missing are started
in a thread, off the road of a submission.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
import threading
import time
import uuid
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from runners.contract import Gpu, Limits
from runners.sandboxes.base import (
    ProcessSpec,
    Role,
    Sandbox,
    SandboxError,
    SandboxGone,
    SandboxProcess,
)
from runners.wire import frames
from runners.wire.decode import decode
from runners.wire.encode import encode
from runners.wire.errors import ChannelClosed, ProtocolError

log = logging.getLogger(__name__)

Kind = tuple[Limits, tuple[str, ...]]
"""What a guest that is started ahead must fit: its limits, and what it has imported."""

START_SECONDS = 120.0
REMOVED_AFTER = 6 * 3_600.0
_ANSWER_SECONDS = 5.0
_WAITS_SECONDS = 1_800.0
_FACTS_BYTES = 64 * 1024
_MEMORY_SHARE = 0.25
"""Of the host's memory, that the limits of all guests that wait may add up to."""


@dataclasses.dataclass(frozen=True, slots=True)
class Guest:
    """A warm guest and what it says of itself."""

    process: SandboxProcess
    facts: dict[str, str]
    until: float = float("inf")
    """When it has waited for too long."""

    def answers(self) -> bool:
        """Whether it lives and hears."""
        timer = threading.Timer(_ANSWER_SECONDS, self.process.kill)
        timer.start()
        try:
            self.process.send(frames.pack(frames.SUPERVISOR, encode(("preload", ()))))
            frames.read_frame(self.process.receive, _FACTS_BYTES)
        except (ChannelClosed, ProtocolError, SandboxGone):
            return False
        finally:
            timer.cancel()
        return True


def image_of(process: SandboxProcess) -> str:
    """The id of the image that a process was started from; empty where there are no images."""
    return str(getattr(process, "image", ""))


def spec_of(role: Role, limits: Limits, seconds: float, gpus: tuple[Gpu, ...] = ()) -> ProcessSpec:
    """What to start, under a name of its own, to be removed after so many seconds at the latest."""
    job, deadline = uuid.uuid4().hex[:12], time.time() + seconds
    return ProcessSpec(role=role, limits=limits, job=job, deadline=deadline, gpus=gpus)


def start_guest(sandbox: Sandbox, kind: Kind, gpus: tuple[Gpu, ...] = ()) -> Guest:
    """Start one and wait until it is warm. Raises `SandboxError`."""
    limits, preload = kind
    process = sandbox.start(spec_of(Role.GUEST, limits, limits.run_seconds + REMOVED_AFTER, gpus))
    timer = threading.Timer(START_SECONDS, process.kill)
    timer.start()
    try:
        _, payload = frames.read_frame(process.receive, _FACTS_BYTES)
        process.send(frames.pack(frames.SUPERVISOR, encode(("preload", preload))))
        frames.read_frame(process.receive, _FACTS_BYTES)
        return Guest(process, decode(payload)[1], time.monotonic() + _WAITS_SECONDS)
    except (ChannelClosed, ProtocolError, SandboxGone) as error:
        detail = process.kill().stderr
        raise SandboxError(f"the guest did not start: {detail[-2_000:]}") from error
    finally:
        timer.cancel()


@dataclasses.dataclass(frozen=True, slots=True)
class PoolUse:
    """What a pool has at a moment, and whom it has served since it was last asked."""

    waiting: int
    """Guests that wait, those that are just being started too."""
    warm: int
    """Submissions that found one ready."""
    cold: int
    """Those for which one had to be started, or was still starting."""


class GuestPool:
    """Up to `size` guests that wait, of the kinds that were asked for last."""

    def __init__(self, start: Callable[[Kind], Guest], size: int) -> None:
        self._start = start
        self._size = size
        self._lock = threading.Lock()
        self._waiting: OrderedDict[Kind, deque[Future[Guest]]] = OrderedDict()
        """The kind that was asked for last is the last."""
        self._warm = self._cold = 0
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._starter = ThreadPoolExecutor(max_workers=2, thread_name_prefix="guests")
        self._closed = False

    def take(self, kind: Kind, image: str = "") -> Future[Guest]:
        """A guest for one submission: one that waits and is well, else one that is started now."""
        self._leave_what_was_inherited()
        return self._starter.submit(self._well_guest, kind, image)

    def _well_guest(self, kind: Kind, image: str) -> Guest:
        while (ready := self._next(kind)) is not None:
            warm = ready.done()
            if self._is_good(ready, image):
                self._note(warm=warm)
                return ready.result()
            _dismiss(ready)
        self._note(warm=False)
        return self._start(kind)

    def _note(self, *, warm: bool) -> None:
        with self._lock:
            self._warm += warm
            self._cold += not warm

    def use(self) -> PoolUse:
        """How it is used; who was served is told once."""
        self._leave_what_was_inherited()
        with self._lock:
            told = PoolUse(self._count(), self._warm, self._cold)
            self._warm = self._cold = 0
        return told

    def refill(self, kind: Kind) -> None:
        """Have as many of this kind wait as may; others have to go for them."""
        self._leave_what_was_inherited()
        with self._lock:
            if self._closed:
                return
            mine = self._waiting.setdefault(kind, deque())
            self._waiting.move_to_end(kind)
            places = places_for(kind[0], self._size)
            self._make_room(places - len(mine))
            while len(mine) < places:
                mine.append(self._starter.submit(self._start, kind))

    def put(self, kind: Kind, guest: Guest) -> None:
        """Have a guest wait that has served nobody."""
        ready: Future[Guest] = Future()
        ready.set_result(guest)
        with self._lock:
            self._waiting.setdefault(kind, deque()).appendleft(ready)

    def close(self) -> None:
        """End all that wait, those too that are just being started."""
        self._leave_what_was_inherited()
        with self._lock:
            self._closed = True
            left = [ready for waiting in self._waiting.values() for ready in waiting]
            self._waiting.clear()
        for ready in left:
            _dismiss(ready)
        self._starter.shutdown()

    def _next(self, kind: Kind) -> Future[Guest] | None:
        with self._lock:
            waiting = self._waiting.get(kind)
            return waiting.popleft() if waiting else None

    @staticmethod
    def _is_good(ready: Future[Guest], image: str) -> bool:
        """Whether it may serve; one that is just being started is waited for."""
        try:
            guest = ready.result()
        except SandboxError as error:
            log.warning("no guest was made ready: %s", error)
            return False
        fits = image_of(guest.process) in ("", image)
        return fits and time.monotonic() < guest.until and guest.answers()

    def _make_room(self, needed: int) -> None:
        """Send away the guests of the kinds that nobody has asked for longest."""
        others = list(self._waiting)[:-1]
        for kind in others:
            waiting = self._waiting[kind]
            while waiting and self._count() + needed > self._size:
                self._starter.submit(_dismiss, waiting.popleft())
            if not waiting:
                del self._waiting[kind]

    def _count(self) -> int:
        return sum(map(len, self._waiting.values()))

    def _leave_what_was_inherited(self) -> None:
        """After a fork: guests are the parent's, and of its threads none came along."""
        if self._pid == os.getpid():
            return
        self._lock = threading.Lock()
        self._waiting = OrderedDict()
        self._warm = self._cold = 0
        self._begin()


def places_for(limits: Limits, size: int) -> int:
    """How many guests with these limits may wait: `size`, as far as memory goes, and one at least.

    By this machine's memory, which is not the engine's where that is another one.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(size, max(1, int(memory * _MEMORY_SHARE / limits.memory_bytes)))


def _dismiss(ready: Future[Guest]) -> None:
    with contextlib.suppress(SandboxError):
        ready.result().process.kill()
