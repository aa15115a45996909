"""Problem 2: speculative decoding. A small model proposes, the large one decides.

Tokens are whole numbers from 0. A distribution is a float64 tensor of the shape (vocab,). Random
numbers come from `uniform()` alone: each call gives the next float from 0 (included) to 1
(excluded). Draw exactly as many as you are told to, in the order that you are told.
"""

from collections.abc import Callable

import torch


def sample(weights: torch.Tensor, u: float) -> int:
    """Turn the random number u into a token.

    The smallest token t with  weights[0] + ... + weights[t] > u * (sum of all weights), where the
    sum of all weights is the last of these partial sums.

    weights: (vocab,), none negative, not all zero; they need not add up to 1
    """
    # Your code here.
    raise NotImplementedError


def verify(
    draft_tokens: list[int],
    draft_probs: torch.Tensor,
    target_probs: torch.Tensor,
    uniform: Callable[[], float],
) -> list[int]:
    """Accept or reject draft tokens so that the result is distributed as the target wants it.

    For i = 0, 1, ...: with x = draft_tokens[i], q = draft_probs[i] and p = target_probs[i], draw
    u = uniform() and accept x if  u * q[x] < p[x].  At the first x that is rejected, one token is
    drawn in its place with `sample(max(p - q, 0), uniform())`, and no more tokens are looked at.
    If all n are accepted, one more is drawn with `sample(target_probs[n], uniform())`.

    draft_tokens: n tokens; n may be 0
    draft_probs: (n, vocab), what each draft token was drawn from
    target_probs: (n + 1, vocab), what the target says in each of these places, and after the last
    returns: the accepted draft tokens and then the one that was drawn here
    """
    # Your code here.
    raise NotImplementedError


def generate(
    target: Callable[[list[int]], torch.Tensor],
    draft: Callable[[list[int]], torch.Tensor],
    prompt: list[int],
    count: int,
    gamma: int,
    uniform: Callable[[], float],
) -> tuple[list[int], list[int]]:
    """Generate exactly `count` tokens after the prompt, in rounds.

    A round drafts n = min(gamma, tokens still wanted - 1) tokens one after another, each with
    `sample(draft(tokens so far), uniform())`. Then it calls the target ONCE, on the tokens so far
    with the n draft tokens behind them, and appends the result of `verify` to the output.

    target: tokens -> (len(tokens), vocab); row i is the distribution of what follows tokens[: i+1]
    draft: tokens -> (vocab,), the distribution of the next token
    prompt: at least one token
    returns: the new tokens, and for each round how many draft tokens were accepted
    """
    # Your code here.
    raise NotImplementedError


def expected_tokens(alpha: float, gamma: int) -> float:
    """How many tokens a round gives on average, the last one that `verify` draws included.

    alpha: the probability that a draft token is accepted, from 0 to 1 (both included), for each
        token independently
    gamma: the number of draft tokens, at least 0
    """
    # Your code here.
    raise NotImplementedError


def build_tree(sequences: list[list[int]]) -> tuple[list[int], list[int]]:
    """Merge several drafts into one prefix tree, so that the target sees a shared prefix once.

    Nodes are numbered from 0 in the order in which they first appear: sequence after sequence,
    each from its first token. Two sequences share a node as long as all their tokens up to it are
    the same. The prompt is the root and not a node.

    returns: the token of each node, and the number of its parent, -1 for a child of the prompt
    """
    # Your code here.
    raise NotImplementedError


def tree_mask(parents: list[int], past: int) -> torch.Tensor:
    """Who attends to whom when all nodes of a tree go through the target at once.

    Columns are first the `past` tokens of the prompt, then the nodes. A node sees the whole prompt,
    its ancestors and itself.

    parents: as `build_tree` gives them; a parent's number is smaller than its child's
    returns: (n, past + n), dtype bool, True where row attends to column
    """
    # Your code here.
    raise NotImplementedError


def tree_positions(parents: list[int], past: int) -> torch.Tensor:
    """The position of each node in its own sequence, for the position embedding.

    The prompt has the positions 0 ... past - 1, its children the position `past`, and so on.

    returns: (n,), dtype int64
    """
    # Your code here.
    raise NotImplementedError


def accept_tree(tokens: list[int], parents: list[int], choices: list[int]) -> list[int]:
    """Walk down the tree as long as it holds what the target would have chosen.

    tokens, parents: as `build_tree` gives them
    choices: n + 1 tokens; choices[0] is the target's choice after the prompt, choices[i + 1] its
        choice after node i
    returns: the tokens of the nodes on the way, and then the target's choice after the last of
        them (the one that the tree does not hold)
    """
    # Your code here.
    raise NotImplementedError
