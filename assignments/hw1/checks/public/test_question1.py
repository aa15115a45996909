"""Visible checks of problem 1: small examples that you can follow by hand."""

import pytest
import question1
import torch


@pytest.mark.points(1)
@pytest.mark.hint("Multiply along dim, keep both sequence axes, divide by the square root of dim.")
def test_attention_scores_small(assert_tensor):
    """Attention scores of two queries and one key"""
    queries = torch.tensor([[[[1.0, 0.0, 2.0, 0.0], [0.0, 3.0, 0.0, 1.0]]]])
    keys = torch.tensor([[[[4.0, 2.0, 1.0, 0.0]]]])
    assert_tensor(question1.attention_scores(queries, keys), torch.tensor([[[[3.0], [3.0]]]]))


@pytest.mark.points(1)
@pytest.mark.hint("Swap the second and the third axis; the numbers along dim stay together.")
def test_heads_first_small(assert_tensor):
    """Heads before the sequence: two positions, three heads"""
    x = torch.arange(6.0).reshape(1, 2, 3, 1)
    expected = torch.tensor([[[[0.0], [3.0]], [[1.0], [4.0]], [[2.0], [5.0]]]])
    assert_tensor(question1.heads_first(x), expected)


@pytest.mark.points(1)
@pytest.mark.hint("A repeated letter walks along the diagonal; the output says whether to sum.")
def test_block_trace_and_diagonal_small(assert_tensor):
    """Trace and diagonal of two blocks"""
    blocks = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]])
    assert_tensor(question1.block_trace(blocks), torch.tensor([[5.0, 13.0]]))
    assert_tensor(question1.block_diagonal(blocks), torch.tensor([[[1.0, 4.0], [5.0, 8.0]]]))


@pytest.mark.points(1)
@pytest.mark.hint("Sum over the heads; do not divide by their number.")
def test_mix_heads_small(assert_tensor):
    """Weighted sum of two heads"""
    x = torch.tensor([[[[1.0, 2.0]], [[10.0, 20.0]]]])
    weights = torch.tensor([2.0, 0.5])
    assert_tensor(question1.mix_heads(x, weights), torch.tensor([[[7.0, 14.0]]]))


@pytest.mark.points(1)
@pytest.mark.hint("The first index of the weight belongs to the left vector.")
def test_bilinear_scores_small(assert_tensor):
    """Bilinear form of one pair of vectors"""
    left = torch.tensor([[[[1.0, 2.0]]]])
    weight = torch.tensor([[[0.0, 1.0], [3.0, 0.0]]])
    right = torch.tensor([[[[5.0, 7.0]]]])
    assert_tensor(question1.bilinear_scores(left, weight, right), torch.tensor([[[[37.0]]]]))
