"""The network between the ranks of one check: it matches, computes, counts, and sees deadlocks.

The judge is the network. A rank posts an operation and is given a ticket at once; it waits for
the ticket when it needs the outcome. A receive is over when its message is there, a send when its
receive has been posted, a collective operation when every rank has called it. So a posted send
keeps nobody, but who waits for one that nobody takes is stuck, as it may be on real hardware.

Knows no process and no wire. What a rank asks is untrusted.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import torch

from runners.judge import collectives
from runners.wire.errors import EncodeError, ProtocolError
from runners.wire.peer import Later

POINT_TO_POINT = ("send", "recv")
MAX_OPERATIONS = 100_000
MAX_HELD_BYTES = 64 * 1024**2
_MAX_TAG = 2**31
_ANY = None
"""The peer of a receive that takes from whoever sends. No number: -1 is a student's mistake."""


class RanksFailed(AssertionError):  # noqa: N818 - named for what it says
    """The ranks cannot go on, or did what the check forbids: the check has failed."""


class RanksStuck(RanksFailed):
    """Every rank that is left waits for what will not come."""


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


@dataclass(eq=False)
class Ticket:
    """An operation that a rank has posted."""

    rank: int
    text: str
    place: str
    peer: int | None = _ANY
    tag: int = 0
    given: list[torch.Tensor] = field(default_factory=list)
    index: int = -1
    """Which of the rank's collective operations it is."""
    result: tuple[list[torch.Tensor], int] | None = None
    """The tensors that came of it, and who sent them."""
    later: Later | None = None


class Network:
    """Joins `size` ranks. `allowed` are the operations that they may use; None for all."""

    def __init__(self, size: int, allowed: Iterable[str] | None = None) -> None:
        self._size = size
        self._allowed = None if allowed is None else frozenset(allowed)
        self.traffic = [Traffic() for _ in range(size)]
        self._numbers = itertools.count(1)
        self._tickets: list[dict[int, Ticket]] = [{} for _ in range(size)]
        self._sends: list[list[Ticket]] = [[] for _ in range(size)]
        """By destination: what nobody has taken yet."""
        self._receives: list[list[Ticket]] = [[] for _ in range(size)]
        self._collectives: dict[int, dict[int, Ticket]] = {}
        self._reached = [0] * size
        self._terms: dict[int, tuple[str, str, int]] = {}
        self._waiting: list[Ticket | None] = [None] * size
        self._endings = [""] * size
        self._held = 0

    def handle(self, rank: int, request: tuple[Any, ...]) -> Any:
        """Do what a rank asks; gives plain data, or a `Later`. Raises `RanksFailed`."""
        place = _place(request[1]) if len(request) > 1 else ""
        match request:
            case ("send", _, torch.Tensor() as tensor, int(peer), int(tag)):
                return self._send(rank, place, tensor, peer, tag)
            case ("recv", _, int() | None as peer, int(tag)):
                return self._receive(rank, place, peer, tag)
            case ("collective", _, str(name), list(pieces), str(reduction), int(root)):
                return self._collective(rank, place, pieces, (name, reduction, root))
            case ("wait", _, int(number)):
                return self._wait(rank, place, number)
            case ("test", _, int(number)):
                return self._ticket(rank, number).result is not None
        raise ProtocolError("the network has nothing else to offer")

    def end(self, rank: int, how: str) -> None:
        """A rank has ended. Raises `RanksStuck` when the others wait for it."""
        self._endings[rank] = how
        self._waiting[rank] = None
        self._look_for_deadlock()

    def report(self) -> str:
        """What each rank is doing."""
        return "; ".join(f"rank {rank} {self._doing(rank)}" for rank in range(self._size))

    def close(self) -> None:
        """Let go of every tensor. An exception may hold the network for longer than it is used."""
        for tickets in (*self._tickets, *self._collectives.values()):
            for ticket in tickets.values():
                ticket.given, ticket.result, ticket.later = [], None, None
        for waiting in (*self._sends, *self._receives):
            waiting.clear()

    # Messages

    def _send(self, rank: int, place: str, tensor: torch.Tensor, peer: int, tag: int) -> Any:
        self._check(rank, "send", place)
        size = _bytes([tensor])
        if problem := self._wrong_peer(rank, peer, tag):
            return problem
        self._hold(size)
        self.traffic[rank].messages += 1
        self.traffic[rank].bytes += size
        sent = Ticket(rank, f"send to rank {peer}", place, peer, tag, [tensor])
        number = self._post(sent)
        for ticket in self._receives[peer]:
            if ticket.peer in (rank, _ANY) and ticket.tag == tag:
                self._receives[peer].remove(ticket)
                self._deliver(sent, ticket)
                return number
        self._sends[peer].append(sent)
        return number

    def _receive(self, rank: int, place: str, peer: int | None, tag: int) -> Any:
        self._check(rank, "recv", place)
        if peer is not _ANY and (problem := self._wrong_peer(rank, peer, tag)):
            return problem
        sender = "any rank" if peer is _ANY else f"rank {peer}"
        received = Ticket(rank, f"recv from {sender}", place, peer, tag)
        number = self._post(received)
        for ticket in self._sends[rank]:
            if peer in (ticket.rank, _ANY) and ticket.tag == tag:
                self._sends[rank].remove(ticket)
                self._deliver(ticket, received)
                return number
        self._receives[rank].append(received)
        return number

    def _deliver(self, sent: Ticket, received: Ticket) -> None:
        self._complete(sent, [], sent.rank)
        received.given, sent.given = sent.given, []
        self._complete(received, received.given, sent.rank)

    def _wrong_peer(self, rank: int, peer: int, tag: int) -> tuple[str, str, str] | None:
        if not 0 <= peer < self._size:
            return _error(f"invalid rank {peer}: the group has the ranks 0 to {self._size - 1}")
        if peer == rank:
            return _error("a rank cannot send to itself or receive from itself")
        if not 0 <= tag < _MAX_TAG:
            return _error(f"invalid tag {tag}")
        return None

    # Collective operations

    def _collective(
        self, rank: int, place: str, pieces: list[Any], terms: tuple[str, str, int]
    ) -> Any:
        name, reduction, root = terms
        if name not in collectives.COLLECTIVES:
            raise ProtocolError("unknown collective operation")
        if (reduction in collectives.REDUCTIONS) != (name in collectives.REDUCING):
            raise ProtocolError("malformed collective operation")
        self._check(rank, name, place)
        if name in collectives.ROOTED and not 0 <= root < self._size:
            return _error(f"invalid rank {root}: the group has the ranks 0 to {self._size - 1}")
        if len(pieces) != collectives.pieces_wanted(name, rank, self._size, root):
            raise ProtocolError("malformed collective operation")
        size = _bytes(pieces)
        self._hold(size)
        count = sum(piece.numel() for piece in pieces)
        self.traffic[rank].collectives.append(Collective(name, size, count))
        index = self._reached[rank]
        self._reached[rank] += 1
        ticket = Ticket(rank, name, place, given=pieces, index=index)
        number = self._post(ticket)
        joined = self._collectives.setdefault(index, {})
        if self._terms.setdefault(index, terms) != terms:
            first = next(iter(joined.values()))
            raise RanksFailed(_differ((first, self._terms[index]), (ticket, terms)))
        joined[rank] = ticket
        if len(joined) == self._size:
            self._perform(index, terms)
        return number

    def _perform(self, index: int, terms: tuple[str, str, int]) -> None:
        joined, (name, reduction, root) = self._collectives.pop(index), terms
        del self._terms[index]
        tickets = [joined[rank] for rank in range(self._size)]
        try:
            results = collectives.combine(name, [t.given for t in tickets], reduction, root)
        except ValueError as error:
            raise RanksFailed(f"{name}{tickets[0].place}: {error}") from error
        for ticket, tensors in zip(tickets, results, strict=True):
            self._complete(ticket, tensors, ticket.rank)

    # Waiting

    def _wait(self, rank: int, place: str, number: int) -> Any:
        ticket = self._ticket(rank, number)
        del self._tickets[rank][number]
        if ticket.result is not None:
            self._held -= _bytes(ticket.given)
            return ("done", *ticket.result)
        ticket.place = place or ticket.place
        ticket.later = Later()
        self._waiting[rank] = ticket
        self._look_for_deadlock()
        return ticket.later

    def _complete(self, ticket: Ticket, tensors: list[torch.Tensor], source: int) -> None:
        ticket.result = (tensors, source)
        if ticket.later is None:
            return
        if self._waiting[ticket.rank] is ticket:
            self._waiting[ticket.rank] = None
        self._held -= _bytes(ticket.given)
        try:
            ticket.later.settle(("done", tensors, source))
        except EncodeError as error:
            ticket.later.settle(_error(f"{ticket.text}: {error}"))

    def _look_for_deadlock(self) -> None:
        left = [rank for rank in range(self._size) if not self._endings[rank]]
        if left and all(self._waiting[rank] is not None for rank in left):
            raise RanksStuck(f"no rank can go on: {self.report()}")

    def _doing(self, rank: int) -> str:
        ticket = self._waiting[rank]
        if self._endings[rank]:
            return self._endings[rank]
        if ticket is None:
            return "is computing"
        text = f"waits in {ticket.text}{ticket.place}"
        if ticket.index < 0:
            return text
        absent = [str(r) for r in range(self._size) if self._reached[r] <= ticket.index]
        return f"{text}, not called by rank {' and '.join(absent)}"

    # Bookkeeping

    def _check(self, rank: int, operation: str, place: str) -> None:
        if self._allowed is not None and operation not in self._allowed:
            allowed = ", ".join(sorted(self._allowed)) or "nothing"
            raise RanksFailed(f"rank {rank} uses {operation}{place}; allowed here: {allowed}")

    def _post(self, ticket: Ticket) -> int:
        number = next(self._numbers)
        if number > MAX_OPERATIONS:
            raise RanksFailed(f"the ranks communicated more than {MAX_OPERATIONS} times")
        self._tickets[ticket.rank][number] = ticket
        return number

    def _ticket(self, rank: int, number: int) -> Ticket:
        if number not in self._tickets[rank]:
            raise ProtocolError("an operation that was not posted")
        return self._tickets[rank][number]

    def _hold(self, size: int) -> None:
        self._held += size
        if self._held > MAX_HELD_BYTES:
            raise RanksFailed(f"more than {MAX_HELD_BYTES >> 20} MiB are on their way at once")


def _bytes(pieces: list[Any]) -> int:
    """The payload of tensors. Anything else than a plain one is no honest rank's."""
    if not all(type(piece) is torch.Tensor and not piece.requires_grad for piece in pieces):
        raise ProtocolError("only plain tensors can be sent to another rank")
    return sum(piece.numel() * piece.element_size() for piece in pieces)


def _place(claimed: Any) -> str:
    """Where in the submission it happens, as the end of a sentence. A claim."""
    match claimed:
        case (str(file), int(line)):
            return f" ({file[:200]}, line {line})"
    return ""


def _error(text: str) -> tuple[str, str, str]:
    return ("error", "ValueError", text)


def _differ(*calls: tuple[Ticket, tuple[str, str, int]]) -> str:
    told = [
        f"rank {ticket.rank} {_described(terms)}{ticket.place}"
        for ticket, terms in sorted(calls, key=lambda call: call[0].rank)
    ]
    return f"the ranks call different operations at the same time: {', '.join(told)}"


def _described(terms: tuple[str, str, int]) -> str:
    name, reduction, root = terms
    details = [reduction] if reduction not in ("", "SUM") else []
    if name in collectives.ROOTED:
        details.append(f"rank {root}")
    return f"{name} ({', '.join(details)})" if details else name
