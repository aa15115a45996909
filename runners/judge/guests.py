"""The guest processes of a run: one per pytest scope, forked when first needed.

A module-scoped fixture's objects live in the module's process; each check's process is forked
from it, so it knows them, and whatever the check does to them is gone with the check.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any

from runners.judge.anew import load_anew
from runners.judge.errors import GuestEnded, SuiteFault
from runners.judge.line import Line
from runners.judge.objects import JudgeObjects
from runners.judge.raised import local_exception
from runners.wire.caps import Caps
from runners.wire.errors import EncodeError, ProtocolError
from runners.wire.peer import Asked, Handler, Peer, RaisedThere

LEVELS = ("session", "package", "module", "class", "function")
_CHEATED = "the code wrote into the line that belongs to Sandglass"


class ScopeChannel:
    """One guest process's line, as the peer wants it."""

    def __init__(self, line: Line, scope: int) -> None:
        self._line = line
        self._scope = scope

    def send(self, payload: bytes) -> None:
        """See `Channel`."""
        self._line.send(self._scope, payload)

    def receive(self) -> bytearray:
        """See `Channel`."""
        return self._line.receive(self._scope)


class Guests:
    """Opens, asks and closes guest processes."""

    def __init__(
        self, line: Line, caps: Caps, seed_for: Callable[[str], int], call_seconds: float
    ) -> None:
        self._line = line
        self._caps = caps
        self._seed_for = seed_for
        self._call_seconds = call_seconds
        self._numbers = itertools.count(1)
        self._open: dict[str, int] = {}
        self._peers: dict[int, Peer] = {}
        self._dead: dict[int, GuestEnded] = {}
        self._level = "function"
        self._beside: tuple[str, GuestEnded | None] = ("", None)
        """What the check's further processes printed, and how the first of them had died."""
        self.base = 0
        """The process that has loaded the submission; every scope is forked from it."""
        self.loads: list[tuple[str, int]] = []
        """What it has loaded: modules in order, and where each was stopped (-1 for not at all)."""
        self.running = False
        """Whether the submission may be used yet."""
        self.objects = JudgeObjects(self)
        self.pending_seeds: list[tuple[str, int]] = []
        self.seeds_of_check: dict[str, int] = {}
        """By library: the last seed that the running check has set itself."""
        self.on_loading: Callable[[str, int], None] = lambda _origin, _index: None
        self.label = ""
        """What the next fork's randomness is derived from."""

    @property
    def narrow(self) -> bool:
        """Whether what happens now belongs to one check, and not to a wider fixture."""
        return self._level == "function"

    @contextlib.contextmanager
    def level(self, level: str) -> Iterator[None]:
        """Work in the process of a wider scope, for a fixture of that scope."""
        before, self._level = self._level, level
        try:
            yield
        finally:
            self._level = before

    def ask(
        self, operation: str, extra: tuple[Any, ...] = (), *arguments: Any, **named: Any
    ) -> Any:
        """Ask the submission, in the process of the current scope."""
        if not self.running:
            raise SuiteFault("the submission cannot be used while the checks are being collected")
        number = self.current()
        if self.pending_seeds:
            self.ask_process(number, "seed", (self.take_seeds(),))
        with self.one_call():
            return self.ask_process(number, operation, extra, *arguments, **named)

    def take_seeds(self) -> list[tuple[str, int]]:
        """The seeds that the check has set and the submission's process does not have yet."""
        seeds, self.pending_seeds = self.pending_seeds, []
        self.seeds_of_check.update(seeds)
        return seeds

    @contextlib.contextmanager
    def one_call(self) -> Iterator[None]:
        """Wait no longer than a call may take."""
        of_the_check = self._line.deadline
        self._line.deadline = min(of_the_check, time.monotonic() + self._call_seconds)
        try:
            yield
        finally:
            self._line.deadline = of_the_check

    def ask_process(
        self,
        number: int,
        operation: str,
        extra: tuple[Any, ...] = (),
        *arguments: Any,
        **named: Any,
    ) -> Any:
        """Ask one process. Raises what the submission raised, or `GuestEnded`."""
        with self.judged(number):
            return self._peers[number].ask(operation, extra, arguments, named)

    @contextlib.contextmanager
    def judged(self, number: int) -> Iterator[None]:
        """Talk with one process; what comes of it is raised as `ask_process` says."""
        if number in self._dead:
            raise GuestEnded(self._dead[number].outcome, str(self._dead[number]))
        try:
            yield
        except RaisedThere as raised:
            own = self.objects.raised_here(raised.details)
            raise own or local_exception(raised.details) from None
        except ProtocolError as error:
            self._dead[number] = GuestEnded("crashed", f"{_CHEATED} ({error})")
            raise self._dead[number] from None
        except EncodeError as error:
            raise SuiteFault(f"an argument cannot be given to the submission: {error}") from error
        except GuestEnded as ended:
            self._dead[number] = ended
            raise

    def current(self) -> int:
        """The process of the current scope, forked if need be."""
        if self._level not in self._open:
            self._open[self._level] = self.open(self._parent(), f"{self._level}:{self.label}")
        return self._open[self._level]

    def _parent(self) -> int:
        wider = [level for level in LEVELS[: LEVELS.index(self._level)] if level in self._open]
        return self._open[wider[-1]] if wider else self.base

    def anew(self, device: str, latest: float) -> None:
        """Give the running check a process that has loaded the submission anew, on `device`."""
        self._open["function"] = load_anew(self, self._line, device, latest)

    def memory(self, *, reset: bool) -> dict[str, int]:
        """What the running check's process holds, in bytes, by its supervisor.

        `now`, and `peak` since the last reset (or ever, where the kernel has no reset).
        """
        number, request = self.current(), next(self._numbers)
        answer = self._line.supervise("memory", request, number, reset, request=request)
        return {name: int(value) for name, value in answer[2].items()}

    def begin(
        self, number: int, operation: str, extra: tuple[Any, ...], arguments: tuple[Any, ...]
    ) -> Asked:
        """Ask one process without waiting."""
        with self.judged(number):
            return self._peers[number].begin(operation, extra, arguments)

    def speaker(self, numbers: Collection[int]) -> int:
        """The first of these processes that has said something, or has ended."""
        return self._line.speaker(numbers)

    def proceed(self, number: int, asked: Asked) -> bool:
        """Take one message of a process; whether `asked` has its result."""
        with self.judged(number):
            return self._peers[number].proceed(asked)

    def open(
        self, parent: int, label: str, *, device: str = "", handler: Handler | None = None
    ) -> int:
        """Fork a process. Raises `GuestEnded` when the one to fork from is gone.

        With a device, and parent 0: a process that knows nothing of the submission yet.
        """
        if parent in self._dead:
            raise GuestEnded(self._dead[parent].outcome, str(self._dead[parent]))
        number, request = next(self._numbers), next(self._numbers)
        seed = self._seed_for(f"guest:{label}")
        order = ("open", request, number, parent, seed, *([device] if device else []))
        answer = self._line.supervise(*order, request=request)
        if answer[0] != "opened":
            raise GuestEnded("crashed", "the process that loaded the submission has ended")
        channel = ScopeChannel(self._line, number)
        self._peers[number] = Peer(channel, self.objects, handler or self.answer, self._caps)
        return number

    def close_process(self, number: int) -> str:
        """End a process; gives what it printed."""
        request = next(self._numbers)
        answer = self._line.supervise("close", request, number, request=request)
        self._peers.pop(number, None)
        output = answer[2].get("output") if type(answer[2]) is dict else ""
        ended = self._line.ended.pop(number, None)
        if ended is not None and type(ended.get("output")) is str:
            output = ended["output"]
        return output if type(output) is str else ""

    def close_beside(self, number: int, name: str, death: GuestEnded | None) -> None:
        """End a further process of the running check, which answers for how such a one died."""
        printed, fallen = self._beside
        output = self.close_process(number)
        printed += f"{name}:\n{output}" if output else ""
        self._beside = printed, fallen or death
        self._dead.pop(number, None)
        self._line.forget(number)

    def close_level(self, level: str) -> tuple[str, GuestEnded | None]:
        """End the process of a scope: what it printed, and how it had died if it had."""
        number = self._open.pop(level, None)
        if number is None:
            return "", None
        output = self.close_process(number)
        death = self._dead.pop(number, None)
        if level == "function":
            self.seeds_of_check = {}
            (printed, fallen), self._beside = self._beside, ("", None)
            output, death = output + printed, death or fallen
        if self._line.forget(number) and death is None:
            death = GuestEnded("crashed", _CHEATED)
        return output, death

    def loaded(self) -> None:
        """Everything that the submission has written so far is what each check begins with."""
        request = next(self._numbers)
        self._line.supervise("loaded", request, request=request)

    def answer(
        self, operation: str, extra: tuple[Any, ...], values: list[Any], named: dict[str, Any]
    ) -> Any:
        """What a guest process may ask of the judge."""
        if operation == "callback" and extra and type(extra[0]) is int:
            return self.objects.call_back(extra[0], values, named)
        if operation == "loading" and len(extra) >= 2:  # noqa: PLR2004
            self.on_loading(str(extra[0]), int(extra[1]))
            return None
        raise ProtocolError("the judge has nothing else to offer")
