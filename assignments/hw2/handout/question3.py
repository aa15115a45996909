"""Problem 3: what a model costs, counted before it is trained.

All counts are exact Python integers. Times, intensities and rates are Python floats.
"""

from collections.abc import Sequence

import torch


def gpt2_parameters(vocab: int, context: int, width: int, layers: int) -> int:
    """The number of parameters of a model like GPT-2.

    It has an embedding of the `vocab` tokens and one of the `context` positions; `layers` blocks;
    a last LayerNorm. The output head is the token embedding again and is not counted twice. Each
    block has two LayerNorms (a weight and a bias each), the projections to queries, keys and
    values and the one back, and a feed-forward layer to 4 width and back. All of these linear
    maps have a bias.
    """
    # Your code here.
    raise NotImplementedError


def llama_parameters(
    vocab: int, width: int, layers: int, heads: int, kv_heads: int, hidden: int
) -> int:
    """The number of parameters of a model like LLaMA 3.

    It has a token embedding and an output head of its own; `layers` blocks as in problem 1, with
    two norms of `width` weights each; a last norm. Nothing has a bias. A head has the size
    width // heads, which is a whole number.
    """
    # Your code here.
    raise NotImplementedError


def parameter_bytes(parameters: int, dtype: torch.dtype) -> int:
    """The bytes that so many numbers of a dtype take."""
    # Your code here.
    raise NotImplementedError


def training_flops(parameters: int, tokens: int) -> int:
    """The rule of thumb: 6 operations for each parameter and each token of training."""
    # Your code here.
    raise NotImplementedError


def llama_training_flops(
    vocab: int,
    width: int,
    layers: int,
    heads: int,
    kv_heads: int,
    hidden: int,
    sequence: int,
    batch: int,
) -> int:
    """The operations of the matrix products of one training step, layer by layer.

    The model is that of `llama_parameters`; the step has `batch` sequences of `sequence` tokens.
    A product of (m, k) with (k, n) takes 2 m k n operations. Count in the forward pass, for each
    sequence: in each layer the projections to queries, keys, values and back, the scores of ALL
    pairs of positions in each query head (the mask saves nothing), their product with the values,
    and the three products of the feed-forward layer; after the layers the output head. Looking up
    an embedding, norms, softmax, RoPE and sums count nothing. The backward pass takes exactly
    twice the operations of the forward pass.
    """
    # Your code here.
    raise NotImplementedError


def peak_flops(clock: float, multiprocessors: int, fma_per_clock: int) -> float:
    """The most operations a GPU can do in a second.

    In each clock each multiprocessor does `fma_per_clock` fused multiply-adds, which count as two
    operations each.

    clock: in hertz
    """
    # Your code here.
    raise NotImplementedError


def matmul_intensity(m: int, k: int, n: int, itemsize: int) -> float:
    """The arithmetic intensity, in operations per byte, of a product of (m, k) with (k, n).

    The product takes 2 m k n operations. Both factors are read once and the result is written
    once, with `itemsize` bytes for each element.
    """
    # Your code here.
    raise NotImplementedError


def attainable_flops(intensity: float, peak: float, bandwidth: float) -> float:
    """The roofline: the operations per second that a kernel of this intensity can reach.

    It can do no more than `peak` operations a second, and move no more than `bandwidth` bytes.
    """
    # Your code here.
    raise NotImplementedError


def bound_by(intensity: float, peak: float, bandwidth: float) -> str:
    """What limits a kernel of this intensity: "memory" or "compute".

    At the ridge, where memory and compute allow the same, the answer is "compute". Compare
    intensity * bandwidth with the peak.
    """
    # Your code here.
    raise NotImplementedError


def fit_power_law(
    sizes: Sequence[float], losses: Sequence[float], floor: float = 0.0
) -> tuple[float, float]:
    """Fit  loss = floor + A * size ** -alpha,  with a known floor, by a line between logarithms.

    The line  log(loss - floor) = log(A) - alpha log(size)  is fitted by ordinary least squares, all
    points weighing the same. (Natural logarithms; another base gives the same A and alpha.)

    sizes: positive numbers, at least two different ones
    losses: as many numbers, all above the floor
    returns: A and alpha, as Python floats
    """
    # Your code here.
    raise NotImplementedError


def compute_optimal(
    budget: float, a: float, alpha: float, b: float, beta: float
) -> tuple[float, float]:
    """The model size N and the number of tokens D that make the best of a budget.

    They minimise  loss(N, D) = E + a / N ** alpha + b / D ** beta  under  6 N D = budget. E plays
    no part. Solve it on paper: put D = budget / (6 N) into the loss and set the derivative to 0.

    returns: N and D, as Python floats (not rounded)
    """
    # Your code here.
    raise NotImplementedError
