"""Visible checks of problem 1: small examples that you can follow by hand."""

import math

import pytest
import question1
import torch


@pytest.mark.points(1)
@pytest.mark.hint("The root of the MEAN of the squares; nothing is subtracted.")
def test_rms_norm_small(assert_tensor):
    """Norm of two numbers whose mean square is 25"""
    x, weight = torch.tensor([[1.0, 7.0]]), torch.tensor([5.0, 10.0])
    assert_tensor(question1.rms_norm(x, weight, eps=0.0), torch.tensor([[1.0, 14.0]]))


@pytest.mark.points(1)
@pytest.mark.hint("With the base 100 and dim 4 the angles of position 1 are 1 and 0.1.")
def test_rope_small(assert_tensor):
    """Two pairs at positions 0 and 1"""
    x = torch.tensor([1.0, 0.0, 0.0, 2.0]).expand(1, 1, 2, 4)
    turned = [math.cos(1), math.sin(1), -2 * math.sin(0.1), 2 * math.cos(0.1)]
    expected = torch.tensor([[[[1.0, 0.0, 0.0, 2.0], turned]]])
    assert_tensor(question1.rope(x, torch.tensor([0, 1]), base=100.0), expected)


@pytest.mark.points(1)
@pytest.mark.hint("silu(log 3) = 0.75 log 3; times 4 from the other branch, times 2 at the end.")
def test_swiglu_small(assert_tensor):
    """Feed-forward layer of width one"""
    x = torch.tensor([[1.0]])
    weights = torch.tensor([[math.log(3)]]), torch.tensor([[4.0]]), torch.tensor([[2.0]])
    assert_tensor(question1.swiglu(x, *weights), torch.tensor([[6 * math.log(3)]]))


@pytest.mark.points(1)
@pytest.mark.hint("Queries of zeros attend alike to everything they see: the mean of the values.")
def test_causal_attention_small(assert_tensor):
    """Two queries at the end of three positions"""
    queries, keys = torch.zeros(1, 1, 2, 4), torch.ones(1, 1, 3, 4)
    values = torch.tensor([[[[1.0], [3.0], [8.0]]]])
    actual = question1.causal_attention(queries, keys, values)
    assert_tensor(actual, torch.tensor([[[[2.0], [4.0]]]]))


@pytest.mark.points(1)
@pytest.mark.hint("Neighbouring query heads share: 0 and 1 take head 0, and 2 and 3 take head 1.")
def test_grouped_query_attention_small(assert_tensor):
    """Four query heads share two heads of keys and values"""
    queries, keys = torch.ones(1, 4, 1, 2), torch.ones(1, 2, 1, 2)
    values = torch.tensor([[[[5.0, 6.0]], [[7.0, 8.0]]]])
    expected = torch.tensor([[[[5.0, 6.0]], [[5.0, 6.0]], [[7.0, 8.0]], [[7.0, 8.0]]]])
    assert_tensor(question1.grouped_query_attention(queries, keys, values), expected)


@pytest.mark.points(1)
@pytest.mark.hint("One position attends to itself alone: h = x + x here. Add h once more at the end.")
def test_block_small(assert_tensor):
    """A block of width two and a sequence of one position"""
    block = question1.LlamaBlock(2, 1, 1, 1, eps=0.0)
    block.load_state_dict(
        {
            "attention_norm": torch.tensor([5.0, 5.0]),
            "wq": torch.eye(2),
            "wk": torch.eye(2),
            "wv": torch.eye(2),
            "wo": torch.eye(2),
            "mlp_norm": torch.tensor([5.0, 5.0]),
            "w_gate": torch.tensor([[math.log(3), 0.0]]),
            "w_up": torch.tensor([[1.0, 0.0]]),
            "w_down": torch.tensor([[4.0], [0.0]]),
        }
    )
    actual = block(torch.tensor([[[1.0, 7.0]]]), torch.tensor([0]))
    assert_tensor(actual, torch.tensor([[[2.0 + 3 * math.log(3), 14.0]]]))
