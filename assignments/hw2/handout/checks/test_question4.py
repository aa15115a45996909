"""Visible checks of problem 4: two and three ranks with numbers that you can follow by hand."""

import pytest
import question4
import torch

POINT_TO_POINT = ("send", "recv", "isend", "irecv", "batch_isend_irecv")


@pytest.mark.points(1)
@pytest.mark.hint("Five elements for two ranks: chunks of three, and one zero at the end.")
def test_padded_chunks_small(assert_tensor):
    """Five elements in two chunks"""
    x = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0])
    expected = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 0.0]])
    assert_tensor(question4.padded_chunks(x, 2), expected)


@pytest.mark.points(1)
@pytest.mark.ranks(2)
@pytest.mark.hint("Rank 0 passes on chunk 1 and keeps chunk 0 of the sum; rank 1 the other way.")
def test_reduce_scatter_small(ranks, assert_tensor):
    """Reduce-scatter of three elements on two ranks"""
    given = [(torch.tensor([1, 2, 3]),), (torch.tensor([10, 20, 30]),)]
    results = ranks.run(question4.ring_reduce_scatter, given, allow=POINT_TO_POINT)
    assert_tensor(results[0], torch.tensor([11, 22]))
    assert_tensor(results[1], torch.tensor([33, 0]))


@pytest.mark.points(1)
@pytest.mark.ranks(3)
@pytest.mark.hint("Every rank ends with all pieces in the order of the ranks.")
def test_all_gather_small(ranks, assert_tensor):
    """All-gather of one element on each of three ranks"""
    results = ranks.run(
        question4.ring_all_gather, lambda rank: (torch.tensor([5 * rank]),), allow=POINT_TO_POINT
    )
    for result in results:
        assert_tensor(result, torch.tensor([0, 5, 10]))


@pytest.mark.points(1)
@pytest.mark.ranks(3)
@pytest.mark.hint("Chunks of two: each rank sends four messages of two numbers of 8 bytes.")
def test_all_reduce_small(ranks, assert_tensor):
    """All-reduce of four elements on three ranks, with its messages and bytes"""
    x = torch.tensor([1, 2, 3, 4])
    results = ranks.run(
        question4.ring_all_reduce, [(x,), (10 * x,), (100 * x,)], allow=POINT_TO_POINT
    )
    for rank, result in enumerate(results):
        assert_tensor(result, torch.tensor([111, 222, 333, 444]))
        assert ranks.traffic[rank].messages == 4, "each rank sends 2 (size - 1) messages"
        assert ranks.traffic[rank].bytes == 64, "each message has ceil(4 / 3) elements of 8 bytes"


@pytest.mark.points(1)
@pytest.mark.hint("Four steps. Each takes 1 s of latency, and 2 * 4 / 4 = 2 s for its bytes.")
def test_ring_seconds_small():
    """Time of an all-reduce of five elements on three ranks"""
    seconds = question4.ring_seconds(5, 4, 3, latency=1.0, bandwidth=4.0)
    assert seconds == pytest.approx(12.0), "wrong time"
