"""Visible checks of problem 2: small examples that you can follow by hand."""

import pytest
import question2
import torch


def numbers(*values):
    """A `uniform` that gives these numbers, one after another."""
    left = list(values)
    return lambda: left.pop(0)


@pytest.mark.points(1)
@pytest.mark.hint("Accept if u * q < p. In place of a rejected token, draw from max(p - q, 0).")
def test_verify_small():
    """One draft token, accepted and rejected"""
    q = torch.tensor([[0.5, 0.25, 0.25]], dtype=torch.float64)
    p = torch.tensor([[0.25, 0.5, 0.25], [0.0, 0.5, 0.5]], dtype=torch.float64)

    # Token 0 is accepted with the probability 0.25 / 0.5.
    tokens = question2.verify([0], q, p, numbers(0.4, 0.6))
    assert tokens == [0, 2], f"accepted, so a token of the last row follows: {tokens}"
    tokens = question2.verify([0], q, p, numbers(0.6, 0.9))
    assert tokens == [1], f"rejected: what is left of p - q is token 1 alone: {tokens}"


@pytest.mark.points(1)
@pytest.mark.hint("The target is called once for each round, on the draft tokens as well.")
def test_generate_small():
    """A draft that is always right: three tokens in each round"""
    calls = []

    def count_up(tokens):  # Token t is always followed by t + 1, of four tokens.
        return torch.eye(4, dtype=torch.float64)[[(token + 1) % 4 for token in tokens]]

    def target(tokens):
        calls.append(list(tokens))
        return count_up(tokens)

    tokens, accepted = question2.generate(
        target, lambda tokens: count_up(tokens)[-1], [0], 6, 2, lambda: 0.5
    )

    assert tokens == [1, 2, 3, 0, 1, 2], tokens
    assert accepted == [2, 2], accepted
    assert calls == [[0, 1, 2], [0, 1, 2, 3, 0, 1]], calls


@pytest.mark.points(1)
@pytest.mark.hint("Two sequences share their first node; a node sees ancestors and itself.")
def test_tree_small(assert_tensor):
    """The tree of two drafts after a prompt of one token"""
    tokens, parents = question2.build_tree([[7, 8], [7, 9]])
    assert tokens == [7, 8, 9], tokens
    assert parents == [-1, 0, 0], parents
    mask = [[1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 0, 1]]
    assert_tensor(question2.tree_mask(parents, 1), torch.tensor(mask).bool())
    assert_tensor(question2.tree_positions(parents, 1), torch.tensor([1, 2, 2]))
