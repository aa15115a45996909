"""Visible checks of problem 3: small examples that you can follow by hand."""

import math

import pytest
import question3
import torch


@pytest.mark.points(1)
@pytest.mark.hint("When a greater score arrives, what was added up before must shrink to match.")
def test_add_block_small(assert_tensor):
    """One query, one key after the other: scores 0 and log 3"""
    q = torch.ones(1, 1, 1)
    see = torch.ones(1, 1, dtype=torch.bool)
    state = question3.empty_state(q)
    state = question3.add_block(state, q, torch.zeros(1, 1, 1), torch.tensor([[[4.0]]]), see)
    assert_tensor(question3.finish(state), torch.tensor([[[4.0]]]))

    key = torch.full((1, 1, 1), math.log(3.0))
    weighted, total, peak = question3.add_block(state, q, key, torch.tensor([[[8.0]]]), see)

    assert_tensor(peak, torch.tensor([[math.log(3.0)]]))
    assert_tensor(total, torch.tensor([[4 / 3]]))
    assert_tensor(weighted, torch.tensor([[[4 / 3 + 8]]]))


@pytest.mark.ranks(2)
@pytest.mark.points(1)
@pytest.mark.hint("Rank 0 must not see rank 1's token; rank 1 sees both, the mean of 2 and 6.")
def test_ring_attention_small(ranks, assert_tensor):
    """One token on each of two ranks, all scores equal"""
    q, values = torch.zeros(1, 1, 1), [2.0, 6.0]
    arguments = [(q, torch.ones(1, 1, 1), torch.full((1, 1, 1), value)) for value in values]
    results = ranks.run(question3.ring_attention, arguments)
    assert_tensor(results[0], torch.tensor([[[2.0]]]))
    assert_tensor(results[1], torch.tensor([[[4.0]]]))


@pytest.mark.points(1)
@pytest.mark.hint("Sort by expert, and keep the order among equals.")
def test_send_order_small(assert_tensor):
    """Two tokens with two experts each"""
    order, counts = question3.send_order(torch.tensor([[2, 0], [0, 2]]), 4)
    assert_tensor(order, torch.tensor([1, 2, 0, 3]))
    assert_tensor(counts, torch.tensor([2, 0, 2, 0]))


@pytest.mark.ranks(2)
@pytest.mark.points(1)
@pytest.mark.hint(
    "Experts 0 and 1 multiply by 1 and 2 before the tanh. Rank 0 sends its second token first, and "
    "the results go home to the tokens that they belong to."
)
def test_expert_parallel_small(ranks, assert_tensor):
    """Two tokens on rank 0, one on rank 1, one expert each"""
    tokens = [torch.tensor([[0.5], [3.0]]), torch.tensor([[2.0]])]
    chosen = [torch.tensor([[1], [0]]), torch.tensor([[0]])]
    weights = [torch.tensor([[[1.0]]]), torch.tensor([[[2.0]]])]

    results = ranks.run(
        question3.expert_parallel,
        lambda r: (tokens[r], chosen[r], torch.ones(len(tokens[r]), 1), weights[r]),
    )

    assert_tensor(results[0], torch.tanh(torch.tensor([[1.0], [3.0]])))
    assert_tensor(results[1], torch.tanh(torch.tensor([[2.0]])))
