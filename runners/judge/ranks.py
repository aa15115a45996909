"""The fixture `ranks`: one function of the submission on several processes at once."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from runners.judge.collectives import COLLECTIVES
from runners.judge.errors import CheckTimeout, GuestEnded, GuestLost, SuiteFault
from runners.judge.network import POINT_TO_POINT, Network, RanksFailed, RanksStuck, Traffic
from runners.judge.proxies import Proxy
from runners.judge.raised import remote_details
from runners.wire.peer import Asked

if TYPE_CHECKING:
    from runners.judge.guests import Guests

_SAME_AS = {
    "isend": ("send",),
    "irecv": ("recv",),
    "batch_isend_irecv": ("send", "recv"),
    "all_gather_single": ("all_gather_into_tensor",),
    "reduce_scatter_single": ("reduce_scatter_tensor",),
}
"""Names of `torch.distributed` for what crosses under another name."""

Arguments = Sequence[Sequence[Any]] | Callable[[int], Sequence[Any]]


class Ranks:
    """Runs functions of the submission on `size` ranks that the judge joins."""

    def __init__(self, guests: Guests, size: int) -> None:
        self._guests = guests
        self._runs = 0
        self.size = size
        self.traffic: list[Traffic] = [Traffic() for _ in range(size)]
        """What each rank sent during the last run."""

    def run(
        self, function: Any, arguments: Arguments, *, allow: Iterable[str] | None = None
    ) -> list[Any]:
        """Call `function` on every rank and give the results in the order of the ranks.

        `arguments` is a tuple for each rank, or a function of the rank that gives it. With
        `allow`, any other operation of `torch.distributed` fails the check at once.
        """
        if type(function) is not Proxy:
            raise SuiteFault("ranks.run takes a function of the submission")
        of_rank = arguments if callable(arguments) else arguments.__getitem__
        given = [tuple(of_rank(rank)) for rank in range(self.size)]
        network = Network(self.size, None if allow is None else _operations(allow))
        self.traffic = network.traffic
        self._runs += 1
        label = f"run {self._runs}:{self._guests.label}"
        try:
            with rank_processes(self._guests, network, self.size, label) as processes:
                return processes.call(function, given)
        except RanksFailed as failure:
            # Also if the check goes on from here: neither it nor the submission can undo this.
            self._guests.objects.failure = self._guests.objects.failure or failure
            raise


class RankProcesses:
    """Guest processes side by side, forked from that of the running check; one call on each."""

    def __init__(self, guests: Guests, network: Network) -> None:
        self._guests = guests
        self._network = network
        self._numbers: list[int] = []
        self._asked: dict[int, Asked] = {}
        self._results: dict[int, Any] = {}
        self._raised: dict[int, BaseException] = {}

    def open(self, size: int, label: str) -> None:
        """Fork a process for each rank."""
        parent = self._guests.current()
        if self._guests.pending_seeds:
            self._guests.ask_process(parent, "seed", (self._guests.take_seeds(),))
        seeds = list(self._guests.seeds_of_check.items())
        for rank in range(size):
            handler = partial(self._answer, rank)
            self._numbers.append(
                self._guests.open(parent, f"rank {rank} of {label}", handler=handler)
            )
            if seeds:
                self._guests.ask_process(self._numbers[rank], "seed", (seeds,))

    def close(self, death: GuestEnded | None) -> None:
        """End them all; `death` is how one of them had died, if one had."""
        for rank, number in enumerate(self._numbers):
            self._guests.close_beside(number, f"rank {rank}", death)

    def call(self, function: Any, given: list[tuple[Any, ...]]) -> list[Any]:
        """Begin on every rank, then listen to whichever speaks until all have ended."""
        for rank, (number, arguments) in enumerate(zip(self._numbers, given, strict=True)):
            extra = (rank, len(given))
            self._asked[number] = self._guests.begin(number, "rank", extra, (function, *arguments))
        try:
            while self._asked:
                self._step(self._guests.speaker(self._asked))
        except RanksStuck:
            if not self._raised:  # else they wait for one that has raised: that is the news
                raise
        if self._raised:
            raise self._raised[min(self._raised)]
        return [_detached(self._results[rank]) for rank in range(len(given))]

    def _step(self, number: int) -> None:
        rank, asked = self._numbers.index(number), self._asked[number]
        try:
            if not self._guests.proceed(number, asked):
                return
            self._results[rank] = asked.result
            how = "has ended"
        except (RanksFailed, GuestLost, CheckTimeout):
            raise
        except GuestEnded as ended:
            raise GuestEnded(ended.outcome, f"rank {rank}: {ended}") from None
        except BaseException as error:  # noqa: BLE001 - the submission's: the other ranks go on
            self._raised[rank] = error
            if remote_details(error) is not None:
                error.args = (f"rank {rank}: {error}",)
            how = f"has ended with {type(error).__name__}"
        del self._asked[number]
        self._network.end(rank, how)

    def _answer(
        self,
        rank: int,
        operation: str,
        extra: tuple[Any, ...],
        values: list[Any],
        named: dict[str, Any],
    ) -> Any:
        if operation == "network":
            return self._network.handle(rank, extra[:-1])
        return self._guests.answer(operation, extra, values, named)


@contextlib.contextmanager
def rank_processes(
    guests: Guests, network: Network, size: int, label: str
) -> Iterator[RankProcesses]:
    """Open the ranks and end them, within the time that one call may take."""
    processes, death = RankProcesses(guests, network), None
    try:
        with guests.one_call():
            processes.open(size, label)
            yield processes
    except GuestEnded as ended:
        death = ended
        if ended.outcome == "timeout":
            death.args = (f"{ended}: {network.report()}",)
        raise
    finally:
        network.close()
        processes.close(death)


def _operations(allow: Iterable[str]) -> set[str]:
    operations = {name for given in allow for name in _SAME_AS.get(given, (given,))}
    unknown = operations - COLLECTIVES - set(POINT_TO_POINT)
    if unknown:
        raise SuiteFault(f"allow: torch.distributed has no {', '.join(sorted(unknown))}")
    return operations


def _detached(value: Any) -> Any:
    """A result without a graph: the process that could run it backward has ended."""
    if type(value) in (torch.Tensor, torch.nn.Parameter):
        return value.detach()
    if type(value) in (list, tuple):
        return type(value)(_detached(item) for item in value)
    if type(value) is dict:
        return {key: _detached(item) for key, item in value.items()}
    return value
