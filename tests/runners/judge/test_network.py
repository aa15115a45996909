"""The network between ranks, without processes: what is paired, counted, refused, and stuck."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from runners.judge import network as module
from runners.judge.network import Collective, Network, RanksFailed, RanksStuck
from runners.wire.errors import EncodeError, ProtocolError
from runners.wire.peer import Later

HERE = ("question1.py", 7)
X = torch.arange(3.0)


def post(network: Network, rank: int, *request: Any) -> int:
    """Post an operation; gives its ticket."""
    ticket = network.handle(rank, (request[0], HERE, *request[1:]))
    assert type(ticket) is int, ticket
    return ticket


def wait(network: Network, rank: int, ticket: int) -> Any:
    """Wait for a ticket: the answer, or a list that will hold it."""
    answer = network.handle(rank, ("wait", HERE, ticket))
    if isinstance(answer, Later):
        settled: list[Any] = []
        answer.replies_by(settled.append)
        return settled
    return answer


def all_reduce(network: Network, rank: int, tensor: torch.Tensor = X) -> int:
    return post(network, rank, "collective", "all_reduce", [tensor], "SUM", -1)


def test_a_message_waits_for_its_receive_and_keeps_nobody() -> None:
    network = Network(2)
    sent = post(network, 0, "send", X, 1, 0)
    assert network.handle(0, ("test", HERE, sent)) is False
    received = post(network, 1, "recv", 0, 0)
    assert network.handle(0, ("test", HERE, sent)) is True
    assert wait(network, 1, received) == ("done", [X], 0)
    assert wait(network, 0, sent) == ("done", [], 0)
    assert (network.traffic[0].messages, network.traffic[0].bytes) == (1, 12)
    assert (network.traffic[1].messages, network.traffic[1].bytes) == (0, 0)


def test_a_send_that_is_waited_for_lasts_until_the_receive_is_posted() -> None:
    network = Network(2)
    waiting = wait(network, 0, post(network, 0, "send", X, 1, 0))
    assert waiting == []
    post(network, 1, "recv", 0, 0)
    assert waiting == [("done", [], 0)]


def test_messages_keep_their_order_within_a_tag() -> None:
    network = Network(3)
    first, second, other = torch.zeros(1), torch.ones(1), torch.full((1,), 2.0)
    for tensor, tag in ((first, 4), (other, 5), (second, 4)):
        post(network, 0, "send", tensor, 2, tag)
    post(network, 1, "send", X, 2, 4)
    got = [wait(network, 2, post(network, 2, "recv", 0, tag)) for tag in (4, 4, 5)]
    assert got == [("done", [tensor], 0) for tensor in (first, second, other)]
    assert wait(network, 2, post(network, 2, "recv", None, 4)) == ("done", [X], 1)


def test_collectives_are_paired_by_their_order() -> None:
    network = Network(2)
    tickets = [[all_reduce(network, 0, X * k) for k in (1, 2)]]
    assert network.handle(0, ("test", HERE, tickets[0][1])) is False
    tickets.append([all_reduce(network, 1, X * k) for k in (1, 2)])
    for rank in (0, 1):
        for k in (0, 1):
            done, tensors, _ = wait(network, rank, tickets[rank][k])
            assert done == "done"
            assert tensors[0].tolist() == (X * 2 * (k + 1)).tolist()
    assert network.traffic[1].collectives == [Collective("all_reduce", 12, 3)] * 2


def test_everybody_waiting_is_a_deadlock_and_says_who_waits_for_what() -> None:
    network = Network(3)
    wait(network, 0, post(network, 0, "recv", 1, 0))
    wait(network, 1, all_reduce(network, 1))
    with pytest.raises(RanksStuck) as stuck:
        network.end(2, "has ended")
    assert str(stuck.value) == (
        "no rank can go on: rank 0 waits in recv from rank 1 (question1.py, line 7); "
        "rank 1 waits in all_reduce (question1.py, line 7), not called by rank 0 and 2; "
        "rank 2 has ended"
    )


def test_who_computes_may_still_send() -> None:
    network = Network(2)
    waiting = wait(network, 0, post(network, 0, "recv", 1, 0))
    post(network, 1, "send", X, 0, 0)
    network.end(1, "has ended")
    assert waiting == [("done", [X], 1)]
    network.end(0, "has ended")


def test_what_is_not_allowed_fails_by_name() -> None:
    network = Network(2, ["send"])
    post(network, 0, "send", X, 1, 0)
    with pytest.raises(RanksFailed, match=r"^rank 0 uses all_reduce \(question1.py, line 7\);"):
        all_reduce(network, 0)
    assert network.traffic[0].collectives == []


@pytest.mark.parametrize(
    ("peer", "tag", "says"),
    [
        (2, 0, "invalid rank 2: the group has the ranks 0 to 1"),
        (-1, 0, "invalid rank -1: the group has the ranks 0 to 1"),
        (0, 0, "a rank cannot send to itself or receive from itself"),
        (1, -1, "invalid tag -1"),
    ],
)
def test_a_mistake_is_told_to_the_rank(peer: int, tag: int, says: str) -> None:
    network = Network(2)
    wanted = ("error", "ValueError", says)
    assert network.handle(0, ("send", HERE, X, peer, tag)) == wanted
    assert network.handle(0, ("recv", HERE, peer, tag)) == wanted
    assert network.traffic[0].messages == 0


@pytest.mark.parametrize(
    "request_",
    [
        (),
        ("send", HERE),
        ("send", HERE, X.clone().requires_grad_(), 1, 0),
        ("send", HERE, torch.nn.Parameter(X), 1, 0),
        ("send", HERE, [X], 1, 0),
        ("recv", HERE, 1.0, 0),
        ("wait", HERE, 1),
        ("test", HERE, "1"),
        ("collective", HERE, "all_reduce", [], "SUM", -1),
        ("collective", HERE, "all_reduce", [X, X], "SUM", -1),
        ("collective", HERE, "all_reduce", [None], "SUM", -1),
        ("collective", HERE, "all_reduce", [X], "", -1),
        ("collective", HERE, "all_reduce", [X], "PREMUL_SUM", -1),
        ("collective", HERE, "barrier", [X], "", -1),
        ("collective", HERE, "scatter", [X], "", 0),
        ("collective", HERE, "end", [], "", -1),
        ("end", HERE, 1),
    ],
)
def test_what_no_honest_rank_says_is_refused(request_: tuple[Any, ...]) -> None:
    with pytest.raises(ProtocolError):
        Network(2).handle(0, request_)


def test_a_ticket_of_another_rank_is_none() -> None:
    network = Network(2)
    ticket = post(network, 0, "send", X, 1, 0)
    with pytest.raises(ProtocolError):
        network.handle(1, ("wait", HERE, ticket))


def test_what_is_on_its_way_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_HELD_BYTES", 30)
    network = Network(2)
    for _ in range(5):
        post(network, 0, "send", X, 1, 0)
        wait(network, 1, post(network, 1, "recv", 0, 0))
    post(network, 0, "send", X, 1, 0)
    post(network, 0, "send", X, 1, 0)
    with pytest.raises(RanksFailed, match="on their way"):
        post(network, 0, "send", X, 1, 0)


def test_operations_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_OPERATIONS", 2)
    network = Network(2)
    for _ in range(2):
        post(network, 0, "recv", 1, 0)
    with pytest.raises(RanksFailed, match="more than 2 times"):
        post(network, 0, "recv", 1, 0)


def test_an_answer_that_is_too_large_is_an_error_of_that_rank() -> None:
    network = Network(2)
    later = network.handle(1, ("wait", HERE, post(network, 1, "recv", 0, 0)))
    said: list[Any] = []

    def reply(answer: Any) -> None:
        if answer[0] == "done":
            raise EncodeError("too large")
        said.append(answer)

    later.replies_by(reply)
    post(network, 0, "send", X, 1, 0)
    assert said == [("error", "ValueError", "recv from rank 0: too large")]
