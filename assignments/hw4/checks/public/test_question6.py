"""Visible checks of problem 6: one pair of answers, and three players."""

import math

import pytest
import question6
import torch


@pytest.mark.points(1)
@pytest.mark.hint("The logits at a position belong to the NEXT token. Add up the marked ones.")
def test_sequence_logprob_small(assert_tensor):
    """An answer of two tokens behind a prompt of one"""
    logits = torch.tensor([[[1.0, 3.0], [1.0, 1.0], [9.0, 1.0]]]).log()
    tokens = torch.tensor([[0, 1, 0]])
    mask = torch.tensor([[False, True, True]])
    expected = torch.tensor([math.log(3 / 4 * 1 / 2)])
    assert_tensor(question6.sequence_logprob(logits, tokens, mask), expected)


@pytest.mark.points(1)
@pytest.mark.hint("Rewards are 1 and -1 here, so the loss is log(1 + exp(-2)).")
def test_dpo_loss_small(assert_tensor):
    """One pair, of which the policy likes the right answer better than the reference does"""
    numbers = [torch.tensor([value]) for value in (-10.0, -30.0, -20.0, -20.0)]
    loss, chosen, rejected = question6.dpo_loss(*numbers, beta=0.1)
    assert_tensor(loss, torch.tensor(math.log(1 + math.exp(-2))))
    assert_tensor(chosen, torch.tensor([1.0]))
    assert_tensor(rejected, torch.tensor([-1.0]))


@pytest.mark.points(1)
@pytest.mark.hint("A tie is half a win for both sides.")
def test_count_wins_small(assert_tensor):
    """Three battles of three players"""
    battles = [(0, 1, "a"), (1, 0, "tie"), (2, 1, "b")]
    expected = [[0, 1.5, 0], [0.5, 0, 1], [0, 0, 0]]
    assert_tensor(question6.count_wins(battles, 3), torch.tensor(expected, dtype=torch.float64))


@pytest.mark.points(1)
@pytest.mark.hint("Ten wins against one: 400 points apart, with the mean 1000.")
def test_ratings_small(assert_tensor):
    """Two players, one of whom wins ten times as often"""
    assert question6.win_probability(1200, 800) == pytest.approx(10 / 11)
    wins = torch.tensor([[0, 10], [1, 0]], dtype=torch.float64)
    expected = torch.tensor([1200, 800], dtype=torch.float64)
    assert_tensor(question6.fit_ratings(wins), expected, rtol=0, atol=0.01)
