"""Starts the ranks of a check, hears what they do, and ends them."""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import importlib
import multiprocessing
import os
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from multiprocessing import connection
from typing import Any, NoReturn

import pytest
import torch
import torch.distributed as dist
from torch.utils import _pytree as pytree

from .group import DIST, HOST, Group

PATIENCE = 2.0
"""How many seconds all ranks may wait, and none say anything, before they are taken for stuck."""
METHOD = "fork" if sys.platform == "linux" else "spawn"
"""How processes begin: elsewhere than on Linux, PyTorch does not survive a fork."""
_SAME_AS = {
    "isend": ("send",),
    "irecv": ("recv",),
    "batch_isend_irecv": ("send", "recv"),
    "all_gather_single": ("all_gather_into_tensor",),
    "reduce_scatter_single": ("reduce_scatter_tensor",),
}
_ALIKE = {"all_reduce", "reduce", "reduce_scatter", "reduce_scatter_tensor"} | {
    "all_gather",
    "all_gather_into_tensor",
}


@dataclass(frozen=True)
class Collective:
    """One collective operation that a rank called, and what it put in."""

    name: str
    bytes: int
    count: int


@dataclass
class Traffic:
    """What one rank has sent."""

    messages: int = 0
    bytes: int = 0
    collectives: list[Collective] = field(default_factory=list)


class Ranks:
    """Runs functions of yours on `size` processes. `prepare` loads your notebook, if need be."""

    def __init__(
        self, size: int, seconds: float = 60.0, prepare: Callable[[], None] | None = None
    ) -> None:
        self.size = size
        self.traffic = [Traffic() for _ in range(size)]
        self._seconds = seconds
        self._prepare = prepare

    def run(
        self,
        function: Callable[..., Any],
        arguments: Sequence[Sequence[Any]] | Callable[[int], Sequence[Any]],
        *,
        allow: Iterable[str] | None = None,
    ) -> list[Any]:
        """Call `function` on every rank and give the results in the order of the ranks."""
        of_rank = arguments if callable(arguments) else arguments.__getitem__
        given = [tuple(of_rank(rank)) for rank in range(self.size)]
        allowed = None
        if allow is not None:
            allowed = {name for one in allow for name in _SAME_AS.get(one, (one,))}
        run = _Run(given, allowed)
        self.traffic = run.traffic
        try:
            run.start(function, self._prepare)
            return run.listen(time.monotonic() + self._seconds)
        finally:
            run.stop()


class _Run:
    """One call on every rank, seen from the process that checks."""

    def __init__(self, given: list[tuple[Any, ...]], allowed: set[str] | None) -> None:
        self.traffic = [Traffic() for _ in given]
        self._given = given
        self._allowed = allowed
        self._doing = ["is computing" for _ in given]
        self._lines: dict[Any, int] = {}
        self._processes: list[Any] = []
        self._store: Any = None
        self._results: dict[int, Any] = {}
        self._raised: dict[int, BaseException] = {}
        self._sizes: dict[Any, dict[str, list[int]]] = {}
        """The bytes of what was sent and of what was to be received, by sender and receiver."""

    def start(self, function: Callable[..., Any], prepare: Callable[[], None] | None) -> None:
        """Begin on every rank."""
        context: Any = multiprocessing.get_context(METHOD)
        named = (function.__module__, function.__qualname__)
        what: Any = function if METHOD == "fork" else (named, prepare)
        for rank, arguments in enumerate(self._given):
            ours, theirs = context.Pipe()
            seat = (rank, len(self._given))
            process = context.Process(target=_be_rank, args=(theirs, seat, what, arguments))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a fork of a process with threads; they are idle
                process.start()
            theirs.close()
            self._processes.append(process)
            self._lines[ours] = rank
        # Only now: its thread holds a lock of the C library for each that calls, and a process
        # forked in that moment would wait for this lock for ever.
        self._store = open_store(0, is_master=True)
        for line in self._lines:
            with contextlib.suppress(BrokenPipeError):  # it has ended, as will be heard
                line.send(self._store.port)

    def listen(self, latest: float) -> list[Any]:
        """The results, once every rank has one."""
        running = dict(self._lines)
        while running:
            ready: list[Any] = connection.wait(list(running), timeout=PATIENCE)
            for line in ready:
                if self._hear(running[line], line):
                    del running[line]
            stuck = all("waits in" in self._doing[rank] for rank in running.values())
            if (stuck and not ready) or time.monotonic() > latest:
                break
        if self._raised:
            raise self._raised[min(self._raised)]
        if running:
            told = "; ".join(f"rank {rank} {doing}" for rank, doing in enumerate(self._doing))
            pytest.fail(f"no rank can go on: {told}", pytrace=False)
        return [self._results[rank] for rank in range(len(self._given))]

    def _hear(self, rank: int, line: Any) -> bool:
        """Take what a rank tells; whether it has ended."""
        try:
            word, *rest = line.recv()
        except (EOFError, ConnectionResetError):
            word, rest = "raised", [RuntimeError("the process ended"), ""]
        if word == "posts":
            self._count(rank, *rest)
        elif word == "does":
            self._doing[rank] = rest[0]
        elif word == "raised":
            error, trace = rest
            error.args = (f"rank {rank}: {error}",)
            error.add_note(trace)
            self._raised[rank] = error
            self._doing[rank] = f"has ended with {type(error).__name__}"
        else:
            self._results[rank] = pytree.tree_map(_own, rest[0])
            _take_over(self._given[rank], rest[1])
            self._doing[rank] = "has ended"
        return word in ("raised", "result")

    def _count(self, rank: int, name: str, place: str, size: int, count: int, way: Any) -> None:
        if self._allowed is not None and name not in self._allowed:
            allowed = ", ".join(sorted(self._allowed)) or "nothing"
            _fail(f"rank {rank} uses {name}{place}; allowed here: {allowed}")
        sent = self.traffic[rank]
        if name == "send":
            sent.messages += 1
            sent.bytes += size
        if way is not None:
            self._compare(name, size, way, place)
        elif name != "recv":
            sent.collectives.append(Collective(name, size, count))
            self._compare_calls(rank, len(sent.collectives) - 1, place)

    def _compare(self, name: str, size: int, way: tuple[int, int, int], place: str) -> None:
        """A message and the tensor for it must be of one size."""
        both = self._sizes.setdefault(way, {"send": [], "recv": []})
        both[name].append(size)
        index = len(both[name]) - 1
        if all(index < len(sizes) for sizes in both.values()):
            sent, wanted = both["send"][index], both["recv"][index]
            if sent != wanted:
                _fail(f"rank {way[0]} sends {sent} bytes, rank {way[1]} receives {wanted}{place}")

    def _compare_calls(self, rank: int, index: int, place: str) -> None:
        """All ranks call the same collective operations, most of them with as much."""
        own = self.traffic[rank].collectives[index]
        for other, traffic in enumerate(self.traffic):
            if index < len(traffic.collectives):
                theirs = traffic.collectives[index]
                if theirs.name != own.name:
                    told = f"rank {rank} {own.name}{place}, rank {other} {theirs.name}"
                    _fail(f"the ranks call different operations at the same time: {told}")
                if theirs.bytes != own.bytes and own.name in _ALIKE:
                    told = f"rank {rank} gives {own.bytes} bytes, rank {other} gives {theirs.bytes}"
                    _fail(f"{own.name}{place}: {told}")

    def stop(self) -> None:
        """End the processes; until here they stay, for the others may still read from them."""
        done = len(self._results) == len(self._given)
        for line, process in zip(self._lines, self._processes, strict=True):
            if done:
                line.send("thanks")
            else:
                process.kill()
            process.join()
            line.close()
        self._store = None  # ends its thread


def open_store(port: int, *, is_master: bool) -> Any:
    """What the ranks know of one another; at port 0 it picks one."""
    libuv = sys.platform != "win32"  # PyTorch for Windows is built without it
    return DIST.TCPStore(HOST, port, is_master=is_master, wait_for_workers=False, use_libuv=libuv)


def _fail(text: str) -> NoReturn:
    pytest.fail(text, pytrace=False)


def _own(value: Any) -> Any:
    """A tensor of this process; what has come lies in memory that is shared with the rank."""
    return value.detach().clone() if isinstance(value, torch.Tensor) else value


def _take_over(ours: Any, theirs: Any) -> None:
    """Change the check's tensors as the rank has changed its copies of them."""
    for own, changed in zip(pytree.tree_leaves(ours), pytree.tree_leaves(theirs), strict=False):
        if isinstance(own, torch.Tensor) and isinstance(changed, torch.Tensor):
            with torch.no_grad():
                own.copy_(changed)


def _be_rank(line: Any, seat: tuple[int, int], what: Any, arguments: tuple[Any, ...]) -> None:
    """The life of a rank's process."""
    torch.set_num_threads(1)
    faulthandler.disable()
    gc.freeze()  # what a fork has inherited belongs to threads that are not here: never clear it up
    rank, size = seat

    def tell(*message: Any) -> None:
        line.send(message)

    try:
        port = line.recv()
        if isinstance(what, tuple):
            (module, name), prepare = what
            if prepare is not None:
                prepare()
            what = importlib.import_module(module)
            for part in name.split("."):
                what = getattr(what, part)
        store = open_store(port, is_master=False)
        dist.Backend.register_backend(
            "sandglass", lambda *_: Group(rank, size, store, tell), devices=["cpu"]
        )
        dist.init_process_group("sandglass", rank=rank, world_size=size, store=store)
        tell("result", what(*arguments), arguments)
    except BaseException as error:  # noqa: BLE001 - the check is told, whatever it is
        trace = traceback.format_exc()
        try:
            tell("raised", error, trace)
        except Exception:  # noqa: BLE001 - some exceptions cannot be sent
            tell("raised", RuntimeError(f"{type(error).__name__}: {error}"), trace)
    with contextlib.suppress(EOFError):
        line.recv()  # what was sent lies in memory of this process until it has been read
    sys.stdout.flush()
    os._exit(0)
