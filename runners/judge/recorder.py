"""Turns what pytest reports of items into results of checks, and tells them one by one."""

from __future__ import annotations

import math
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from runners.judge.errors import GuestEnded
from runners.judge.line import Line
from runners.judge.manifest import Check
from runners.judge.seeds import Seeds

_SEVERITY = ("passed", "failed", "error", "timeout", "memory", "crashed", "not_run")
_TEXT = 4_000


class Callbacks(Protocol):
    """What is remembered of the functions that the submission called back."""

    failure: BaseException | None

    def begin_check(self) -> None:
        """Forget what an earlier check saw."""


class Processes(Protocol):
    """Where the submission runs, as far as recording needs to know."""

    label: str

    @property
    def objects(self) -> Callbacks:
        """The callbacks of the running check."""

    def level(self, level: str) -> AbstractContextManager[None]:
        """Work in the process of a wider scope."""

    def anew(self, device: str, latest: float) -> None:
        """Give the running check a process that has loaded the submission anew, on `device`."""

    def close_level(self, level: str) -> tuple[str, GuestEnded | None]:
        """End the process of a scope: what it printed, and how it had died if it had."""

    def ask(self, operation: str, extra: tuple[Any, ...] = (), *arguments: Any) -> Any:
        """Ask the submission."""


@dataclass
class Running:
    """What has been seen of one check so far."""

    outcome: str = "passed"
    message: str = ""
    traceback: str = ""
    output: str = ""
    awarded: Decimal | None = None
    reason: str = ""
    done: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    error: float | None = None
    """The largest error of a comparison that passed, in tolerances."""
    miss: float = 0.0
    """The largest error that failed it; infinite where anything but a comparison did."""
    raised: bool = False
    """Whether an exception of the submission ended an item."""
    started: float = field(default_factory=time.monotonic)


class Recorder:
    """The results of one run."""

    def __init__(self, line: Line, guests: Processes, seeds: Seeds) -> None:
        self._line = line
        self._seeds = seeds
        self.guests = guests
        self.checks: dict[str, Check] = {}
        self.leaderboard: list[dict[str, Any]] = []
        self.failed = False
        """Whether any check has not passed."""
        self._running: dict[str, Running] = {}
        self._current = ""

    def seed_of_current(self) -> int:
        """The running check's seed on this side."""
        return self._seeds.derive(f"judge:{self._current}")

    def begin(self, identity: str) -> Running:
        """An item of this check begins."""
        self._current = identity
        running = self._running.setdefault(identity, Running())
        running.started = time.monotonic()
        return running

    def award(self, points: Decimal, reason: str) -> None:
        """Partial credit for the running check."""
        running = self._running[self._current]
        limit = self.checks[self._current].points
        running.awarded = min(max(points, Decimal(0)), limit)
        running.reason = reason

    def compared(self, error: float) -> None:
        """A comparison of tensors passed, with this largest error in tolerances."""
        if running := self._running.get(self._current):
            running.error = max(running.error or 0.0, error)

    def note(
        self,
        outcome: str,
        message: str,
        traceback: str = "",
        *,
        miss: float = math.inf,
        raised: bool = False,
    ) -> None:
        """Something ended an item of the running check; the worst of its items counts."""
        self.failed = True
        running = self._running[self._current]
        running.miss = max(running.miss, miss)
        running.raised = running.raised or raised
        if _SEVERITY.index(outcome) > _SEVERITY.index(running.outcome):
            running.outcome = outcome
            running.message = message[:_TEXT]
            running.traceback = traceback[-_TEXT:]

    def finish(self, output: str, death: GuestEnded | None) -> None:
        """An item ended and its guest process is closed; tell the check when it was the last."""
        running = self._running[self._current]
        failure = self.guests.objects.failure
        if failure is not None:
            self.note("failed", str(failure) or "an assertion failed in a function of the check")
        if death is not None:
            # Whatever the check made of it: a check whose guest died has not passed.
            self.note(death.outcome, str(death))
        running.output += output
        seconds = time.monotonic() - running.started
        running.seconds += seconds
        running.slowest = max(running.slowest, seconds)
        running.done += 1
        if running.done == self.checks[self._current].cases:
            self._tell(self._current, running)

    def _tell(self, identity: str, running: Running) -> None:
        check = self.checks[identity]
        points = check.points if running.outcome == "passed" else Decimal(0)
        if running.awarded is not None and running.outcome in ("passed", "failed"):
            points = running.awarded
        self._line.event(
            event="check",
            id=identity,
            outcome=running.outcome,
            points=str(points),
            message=running.reason if running.outcome == "passed" else running.message,
            traceback=running.traceback,
            output=running.output[:_TEXT],
            seconds=running.seconds,
            slowest=running.slowest,
            raised=running.raised,
            error=running.error,
            miss=running.miss if 0 < running.miss < math.inf else None,
        )
