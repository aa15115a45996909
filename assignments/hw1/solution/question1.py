"""Problem 1: Einstein notation on 4-D tensors.

Write each function with `torch.einsum`, without a Python loop. No function may change its
arguments, and every result has the dtype and the device of the arguments. Each axis may have
any size from 1 on, and a batch may also be empty.
"""

import torch


def attention_scores(queries: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
    """Scaled scores of each query with each key, for every batch and head.

    queries: (batch, heads, queries, dim)
    keys: (batch, heads, keys, dim)
    returns: (batch, heads, queries, keys), the inner products divided by the square root of dim
    """
    ### BEGIN SOLUTION
    dim = queries.shape[-1]
    return torch.einsum("bhqd,bhkd->bhqk", queries, keys) / dim**0.5
    ### END SOLUTION


def heads_first(x: torch.Tensor) -> torch.Tensor:
    """Move the axis of the heads before the axis of the sequence.

    x: (batch, sequence, heads, dim)
    returns: (batch, heads, sequence, dim)
    """
    ### BEGIN SOLUTION
    return torch.einsum("bshd->bhsd", x)
    ### END SOLUTION


def block_trace(blocks: torch.Tensor) -> torch.Tensor:
    """The trace of each square block.

    blocks: (batch, heads, n, n)
    returns: (batch, heads)
    """
    ### BEGIN SOLUTION
    return torch.einsum("bhnn->bh", blocks)
    ### END SOLUTION


def block_diagonal(blocks: torch.Tensor) -> torch.Tensor:
    """The diagonal of each square block.

    blocks: (batch, heads, n, n)
    returns: (batch, heads, n)
    """
    ### BEGIN SOLUTION
    return torch.einsum("bhnn->bhn", blocks)
    ### END SOLUTION


def mix_heads(x: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """The weighted sum over the heads. The weights need not add up to one.

    x: (batch, heads, sequence, dim)
    weights: (heads,)
    returns: (batch, sequence, dim)
    """
    ### BEGIN SOLUTION
    return torch.einsum("bhsd,h->bsd", x, weights)
    ### END SOLUTION


def bilinear_scores(left: torch.Tensor, weight: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """The bilinear form  left[m]^T  weight  right[n]  of all pairs, with one weight for each head.

    left: (batch, heads, m, i)
    weight: (heads, i, j)
    right: (batch, heads, n, j)
    returns: (batch, heads, m, n), not scaled
    """
    ### BEGIN SOLUTION
    return torch.einsum("bhmi,hij,bhnj->bhmn", left, weight, right)
    ### END SOLUTION
