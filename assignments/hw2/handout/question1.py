"""Problem 1: the block of a LLaMA-style transformer, from its parts.

Write the parts with plain operations on tensors. `scaled_dot_product_attention`, `rms_norm` of
`torch.nn.functional`, and `RMSNorm`, `MultiheadAttention` and the transformer layers of `torch.nn`
are yours to write: do not use them. `torch.softmax`, `torch.nn.functional.silu` and
`torch.nn.functional.linear` are allowed.

No function may change its arguments. Every result has the dtype and the device of the arguments,
to the full precision of that dtype, and gradients flow through it.
"""

import torch
from torch import nn


def rms_norm(x: torch.Tensor, weight: torch.Tensor, eps: float = 1e-5) -> torch.Tensor:
    """Divide by the root of the mean square along the last axis, then scale.

    result = x / sqrt(mean(x ** 2) + eps) * weight

    A square may overflow in float16: there and in bfloat16 compute in float32, and round to the
    dtype of `x` at the end. In float32 and float64 compute in that dtype.

    x: (..., width), with any number of axes in front
    weight: (width,), of the dtype of x
    returns: like x
    """
    # Your code here.
    raise NotImplementedError


def rope(x: torch.Tensor, positions: torch.Tensor, base: float = 10000.0) -> torch.Tensor:
    """Rotary position embedding, on INTERLEAVED pairs: (x[0], x[1]), (x[2], x[3]), and so on.

    At position p, pair i (from 0) is turned by the angle  a = p * base ** (-2 i / dim):

    result[2 i]     = x[2 i] cos(a) - x[2 i + 1] sin(a)
    result[2 i + 1] = x[2 i] sin(a) + x[2 i + 1] cos(a)

    Positions may be large: compute the angles in float64, then round their cosines and sines to
    the dtype of `x`.

    x: (batch, heads, sequence, dim), with an even dim
    positions: (sequence,), int64, the position of each element of the sequence, in any order
    returns: like x
    """
    # Your code here.
    raise NotImplementedError


def swiglu(
    x: torch.Tensor, w_gate: torch.Tensor, w_up: torch.Tensor, w_down: torch.Tensor
) -> torch.Tensor:
    """The gated feed-forward layer: w_down (silu(w_gate x) * (w_up x)), with silu(z) = z sigmoid(z).

    The weights are as `nn.Linear` stores them: (outputs, inputs). There is no bias.

    x: (..., width)
    w_gate, w_up: (hidden, width)
    w_down: (width, hidden)
    returns: (..., width)
    """
    # Your code here.
    raise NotImplementedError


def causal_attention(
    queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor
) -> torch.Tensor:
    """Multi-head attention in which no query looks into its future.

    softmax(q k^T / sqrt(dim)) v, for each batch and head on its own. The queries are the LAST
    positions of the sequence: with m queries and n >= m keys, query i (from 0) sees the keys
    0, ..., n - m + i. Scaled scores may be as large as 10,000.

    queries: (batch, heads, m, dim)
    keys: (batch, heads, n, dim)
    values: (batch, heads, n, out)
    returns: (batch, heads, m, out)
    """
    # Your code here.
    raise NotImplementedError


def grouped_query_attention(
    queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor
) -> torch.Tensor:
    """Causal attention in which several query heads share one head of keys and values.

    With heads = group * kv_heads, the query heads 0, ..., group - 1 share head 0 of the keys and
    values, the next `group` query heads share head 1, and so on. Otherwise as `causal_attention`.

    queries: (batch, heads, m, dim)
    keys, values: (batch, kv_heads, n, dim), where kv_heads divides heads
    returns: (batch, heads, m, dim)
    """
    # Your code here.
    raise NotImplementedError


class LlamaBlock(nn.Module):
    """One decoder block: attention and feed-forward, each with a norm before and a residual around.

    The heads divide the width: dim = width // heads. Head h owns the rows h dim, ...,
    (h + 1) dim - 1 of `wq`, and likewise of `wk` and `wv`, and the same columns of `wo`.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        kv_heads: int,
        hidden: int,
        base: float = 10000.0,
        eps: float = 1e-5,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        """Draw the parameters. Given: leave it as it is."""
        super().__init__()
        self.heads, self.kv_heads, self.base, self.eps = heads, kv_heads, base, eps
        dim = width // heads

        def weight(outputs: int, inputs: int) -> nn.Parameter:
            return nn.Parameter(torch.randn(outputs, inputs, dtype=dtype) / inputs**0.5)

        self.attention_norm = nn.Parameter(torch.ones(width, dtype=dtype))
        self.wq = weight(heads * dim, width)
        self.wk = weight(kv_heads * dim, width)
        self.wv = weight(kv_heads * dim, width)
        self.wo = weight(width, heads * dim)
        self.mlp_norm = nn.Parameter(torch.ones(width, dtype=dtype))
        self.w_gate = weight(hidden, width)
        self.w_up = weight(hidden, width)
        self.w_down = weight(width, hidden)

    def forward(self, x: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        """Run the block.

        a = rms_norm(x) with `attention_norm`; queries, keys and values are a wq^T, a wk^T, a wv^T,
        cut into heads; `rope` turns queries and keys by their positions, with `self.base`;
        h = x + wo (grouped-query attention, its heads side by side again);
        result = h + swiglu(rms_norm(h) with `mlp_norm`). Both norms use `self.eps`.

        The mask goes by the order in `x`, whatever the positions are.

        x: (batch, sequence, width)
        positions: (sequence,), int64
        returns: (batch, sequence, width)
        """
        # Your code here.
        raise NotImplementedError
