"""Visible checks of problem 1: small examples that you can follow by hand."""

import pytest
import question1
import torch


@pytest.mark.points(1)
@pytest.mark.hint("From the last to the first; full is full, and one that is too large stands alone.")
def test_buckets_small():
    """Four gradients in buckets of 8"""
    assert question1.buckets([4, 3, 2, 6], 8) == [[3, 2], [1, 0]], "sizes 4, 3, 2, 6"
    assert question1.buckets([1, 9, 1], 8) == [[2], [1], [0]], "sizes 1, 9, 1"


@pytest.mark.ranks(2)
@pytest.mark.points(1)
@pytest.mark.hint("A mean, not a sum; one flat tensor for each bucket.")
def test_average_gradients_small(ranks, assert_tensor):
    """The mean of two ranks' gradients, in one bucket"""
    first = [torch.tensor([1.0, 2.0]), torch.tensor([[3.0]])]
    second = [torch.tensor([3.0, 6.0]), torch.tensor([[5.0]])]

    results = ranks.run(question1.average_gradients, [(first, 100), (second, 100)])

    for result in results:
        assert_tensor(result[0], torch.tensor([2.0, 4.0]))
        assert_tensor(result[1], torch.tensor([[4.0]]))
    for traffic in ranks.traffic:
        calls = [(call.name, call.count) for call in traffic.collectives]
        assert calls == [("all_reduce", 3)], f"the collectives are {calls}"


@pytest.mark.points(2)
@pytest.mark.hint("Forward of micro-batch i on stage s is at step s + i; backward is its mirror.")
def test_gpipe_small():
    """Two stages, three micro-batches"""
    schedule = question1.gpipe_schedule(2, 3)
    assert schedule == [
        ["F0", "F1", "F2", "", "", "B2", "B1", "B0"],
        ["", "F0", "F1", "F2", "B2", "B1", "B0", ""],
    ], f"the schedule is {schedule}"
    assert question1.bubble_fraction([["F0", ""], ["", "B0"]]) == 0.5, "the bubble is wrong"
    peaks = question1.peak_activations([["F0", "F1", "B0", "B1"], ["F0", "B0", "F1", "B1"]])
    assert peaks == [2, 1], f"the peaks are {peaks}"
