"""Visible checks of problem 2: small examples that you can follow by hand."""

import math

import pytest
import question2
import torch


@pytest.mark.points(1)
@pytest.mark.hint("Gates 0.2, 0.5, 0.3: experts 1 and 2, with the weights 5/8 and 3/8.")
def test_route_small(assert_tensor):
    """Two of three experts for one token"""
    logits = torch.tensor([[0.2, 0.5, 0.3]]).log()
    weights, chosen = question2.route(logits, 2)
    assert_tensor(chosen, torch.tensor([[1, 2]]))
    assert_tensor(weights, torch.tensor([[0.625, 0.375]]))


@pytest.mark.points(1)
@pytest.mark.hint("f = (3/4, 1/4) and P = (0.6, 0.4): 2 * (0.45 + 0.1).")
def test_load_balance_loss_small(assert_tensor):
    """Four tokens and two experts"""
    logits = torch.tensor([[0.9, 0.1], [0.7, 0.3], [0.6, 0.4], [0.2, 0.8]]).log()
    chosen = torch.tensor([[0], [0], [0], [1]])
    assert_tensor(question2.load_balance_loss(logits, chosen), torch.tensor(1.1))


@pytest.mark.points(1)
@pytest.mark.hint("Token 0 goes to both experts with 3/4 and 1/4; token 1 with 1/2 and 1/2.")
def test_mixture_of_experts_small(assert_tensor):
    """Two tokens that go to both of two experts"""
    x = torch.tensor([[4.0, 8.0], [2.0, 6.0]])
    logits = torch.tensor([[math.log(3), 0.0], [0.0, 0.0]])
    experts = [lambda rows: 2 * rows, lambda rows: rows + 4]
    expected = torch.tensor([[8.0, 15.0], [5.0, 11.0]])
    assert_tensor(question2.mixture_of_experts(x, logits, experts, 2), expected)


@pytest.mark.points(1)
@pytest.mark.hint("Expert 0 takes tokens 0 and 1; nobody takes token 3, so its result is zero.")
def test_capacity_small(assert_tensor):
    """Three tokens want one expert that takes two"""
    x = torch.tensor([[1.0], [2.0], [3.0], [4.0]])
    logits = torch.tensor([[5.0, 0.0], [5.0, 0.0], [0.0, 5.0], [5.0, 0.0]])
    experts = [lambda rows: 10 * rows, lambda rows: 100 * rows]
    expected = torch.tensor([[10.0], [20.0], [300.0], [0.0]])
    assert_tensor(question2.mixture_of_experts(x, logits, experts, 1, capacity=2), expected)
