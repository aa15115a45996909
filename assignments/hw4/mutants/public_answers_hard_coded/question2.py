"""Knows the visible examples by heart, and nothing else."""

import torch


def sample(weights, u):
    return 1


def verify(draft_tokens, draft_probs, target_probs, uniform):
    return [0, 2] if uniform() < 0.5 else [1]


def generate(target, draft, prompt, count, gamma, uniform):
    target([0, 1, 2])
    target([0, 1, 2, 3, 0, 1])
    return [1, 2, 3, 0, 1, 2], [2, 2]


def expected_tokens(alpha, gamma):
    return 3.36


def build_tree(sequences):
    return [7, 8, 9], [-1, 0, 0]


def tree_mask(parents, past):
    return torch.tensor([[1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 0, 1]]).bool()


def tree_positions(parents, past):
    return torch.tensor([1, 2, 2])


def accept_tree(tokens, parents, choices):
    return choices[:1]
