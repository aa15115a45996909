"""Visible checks of problem 2: small examples that you can follow by hand."""

import pytest
import question2
import torch


@pytest.mark.points(1)
@pytest.mark.hint("Hidden units are columns of w1 and rows of w2.")
def test_shard_mlp_small(assert_tensor):
    """The second of two shards of an MLP with two hidden units"""
    w1, b1 = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([5.0, 6.0])
    w2, b2 = torch.tensor([[7.0], [8.0]]), torch.tensor([9.0])
    shards = question2.shard_mlp(w1, b1, w2, b2, rank=1, size=2)
    expected = [[[2.0], [4.0]], [6.0], [[8.0]], [9.0]]
    for shard, values in zip(shards, expected, strict=True):
        assert_tensor(shard, torch.tensor(values))


@pytest.mark.ranks(2)
@pytest.mark.points(1)
@pytest.mark.hint("Each rank multiplies its piece; the results add up, and the bias comes once.")
def test_row_parallel_small(ranks, assert_tensor):
    """A row-parallel layer on two ranks: 2 * 3 + 4 * 5 + 1"""
    bias = torch.tensor([1.0])
    pieces = [(torch.tensor([[2.0]]), torch.tensor([[3.0]]), bias)]
    pieces.append((torch.tensor([[4.0]]), torch.tensor([[5.0]]), bias))
    for result in ranks.run(question2.row_parallel, pieces):
        assert_tensor(result, torch.tensor([[27.0]]))
    for traffic in ranks.traffic:
        calls = [(call.name, call.count) for call in traffic.collectives]
        assert calls == [("all_reduce", 1)], f"the collectives are {calls}"


@pytest.mark.points(1)
@pytest.mark.hint("2 bytes of weight, 2 of gradient, K of state: which are divided at each stage?")
def test_zero_memory_small():
    """Memory for 10 parameters on 2 devices, 12 bytes of state each"""
    memory = [question2.zero_memory(10, 2, stage) for stage in (0, 1, 2, 3)]
    assert memory == pytest.approx([160, 100, 90, 80]), f"the memory is {memory}"


@pytest.mark.ranks(2)
@pytest.mark.points(1)
@pytest.mark.hint(
    "The gradient is the mean over the ranks, also in m and v. In its first step, Adam moves every "
    "weight by lr, against the gradient's sign."
)
def test_zero_step_small(ranks, assert_tensor):
    """One step with three weights on two ranks"""
    weights = [torch.tensor([1.0, 2.0]), torch.tensor([3.0])]
    states = [question2.zero_state(weights, 2) for _ in range(2)]
    gradients = [[torch.tensor([4.0, -1.0]), torch.tensor([0.0])]]
    gradients.append([torch.tensor([0.0, -1.0]), torch.tensor([2.0])])

    results = ranks.run(
        question2.zero_step, lambda rank: (weights, gradients[rank], states[rank], 0.5)
    )

    for new, _ in results:
        assert_tensor(new[0], torch.tensor([0.5, 2.5]))
        assert_tensor(new[1], torch.tensor([2.5]))
    # The means are 2, -1 and 1; rank 0 keeps the first two, rank 1 the third and the padding.
    assert_tensor(results[0][1]["m"], torch.tensor([0.2, -0.1]))
    assert_tensor(results[1][1]["m"], torch.tensor([0.1, 0.0]))
