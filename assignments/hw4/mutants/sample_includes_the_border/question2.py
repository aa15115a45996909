"""Problem 2: speculative decoding. A small model proposes, the large one decides.

Tokens are whole numbers from 0. A distribution is a float64 tensor of the shape (vocab,). Random
numbers come from `uniform()` alone: each call gives the next float from 0 (included) to 1
(excluded). Draw exactly as many as you are told to, in the order that you are told.
"""

from collections.abc import Callable

import torch


def sample(weights: torch.Tensor, u: float) -> int:
    """Turn the random number u into a token.

    The smallest token t with  weights[0] + ... + weights[t] > u * (sum of all weights).

    weights: (vocab,), none negative, not all zero; they need not add up to 1
    """
    cumulative = weights.cumsum(dim=0)
    return int((cumulative >= u * cumulative[-1]).nonzero()[0])


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
    accepted: list[int] = []
    for token, q, p in zip(draft_tokens, draft_probs, target_probs):
        if not uniform() * q[token] < p[token]:
            return accepted + [sample((p - q).clamp(min=0), uniform())]
        accepted.append(token)
    return accepted + [sample(target_probs[len(draft_tokens)], uniform())]


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
    with the n draft tokens behind them, and gives the result of `verify` to the output.

    target: tokens -> (len(tokens), vocab); row i is the distribution of what follows tokens[: i+1]
    draft: tokens -> (vocab,), the distribution of the next token
    prompt: at least one token
    returns: the new tokens, and for each round how many draft tokens were accepted
    """
    tokens, accepted = list(prompt), []
    end = len(prompt) + count
    while len(tokens) < end:
        wanted = min(gamma, end - len(tokens) - 1)
        drafted: list[int] = []
        distributions = []
        for _ in range(wanted):
            distributions.append(draft(tokens + drafted))
            drafted.append(sample(distributions[-1], uniform()))
        rows = target(tokens + drafted)[len(tokens) - 1 :]
        draft_probs = torch.stack(distributions) if distributions else rows[:0]
        result = verify(drafted, draft_probs, rows, uniform)
        tokens += result
        accepted.append(len(result) - 1)
    return tokens[len(prompt) :], accepted


def expected_tokens(alpha: float, gamma: int) -> float:
    """How many tokens a round gives on average, the last one that `verify` draws included.

    alpha: the probability that a draft token is accepted, from 0 to 1 (both included), for each
        token independently
    gamma: the number of draft tokens, at least 0
    """
    return float(sum(alpha**i for i in range(gamma + 1)))


def build_tree(sequences: list[list[int]]) -> tuple[list[int], list[int]]:
    """Merge several drafts into one prefix tree, so that the target sees a shared prefix once.

    Nodes are numbered from 0 in the order in which they first appear: sequence after sequence,
    each from its first token. Two sequences share a node as long as all their tokens up to it are
    the same. The prompt is the root and not a node.

    returns: the token of each node, and the number of its parent, -1 for a child of the prompt
    """
    tokens: list[int] = []
    parents: list[int] = []
    children: dict[tuple[int, int], int] = {}
    for sequence in sequences:
        node = -1
        for token in sequence:
            if (node, token) not in children:
                children[node, token] = len(tokens)
                tokens.append(token)
                parents.append(node)
            node = children[node, token]
    return tokens, parents


def tree_mask(parents: list[int], past: int) -> torch.Tensor:
    """Who attends to whom when all nodes of a tree go through the target at once.

    Columns are first the `past` tokens of the prompt, then the nodes. A node sees the whole prompt,
    its ancestors and itself.

    parents: as `build_tree` gives them; a parent's number is smaller than its child's
    returns: (n, past + n), dtype bool, True where row attends to column
    """
    n = len(parents)
    mask = torch.zeros(n, past + n, dtype=torch.bool)
    mask[:, :past] = True
    for node, parent in enumerate(parents):
        if parent >= 0:
            mask[node] |= mask[parent]
        mask[node, past + node] = True
    return mask


def tree_positions(parents: list[int], past: int) -> torch.Tensor:
    """The position of each node in its own sequence, for the position embedding.

    The prompt has the positions 0 ... past - 1, its children the position `past`, and so on.

    returns: (n,), dtype int64
    """
    positions: list[int] = []
    for parent in parents:
        positions.append(positions[parent] + 1 if parent >= 0 else past)
    return torch.tensor(positions, dtype=torch.int64)


def accept_tree(tokens: list[int], parents: list[int], choices: list[int]) -> list[int]:
    """Walk down the tree as long as it holds what the target would have chosen.

    tokens, parents: as `build_tree` gives them
    choices: n + 1 tokens; choices[0] is the target's choice after the prompt, choices[i + 1] its
        choice after node i
    returns: the tokens of the nodes on the way, and then the target's choice after the last of
        them (the one that the tree does not hold)
    """
    children = {(parent, token): i for i, (parent, token) in enumerate(zip(parents, tokens))}
    node, result = -1, [choices[0]]
    while (node, result[-1]) in children:
        node = children[node, result[-1]]
        result.append(choices[node + 1])
    return result
