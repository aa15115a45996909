"""Problem 4: generating text, with a KV cache, beam search and sampling.

Weights come as a dictionary. With heads H, key-value heads G (G divides H), width D, head size d,
vocabulary V and at most L positions:

    weights["embedding"]   (V, D)    also used, transposed, for the logits
    weights["positions"]   (L, D)
    weights["layers"]      a list with one dictionary for each layer:
        "query"  (H, D, d)    "key"  (G, D, d)    "value"  (G, D, d)    "output"  (H, d, D)

A cache is a list with one pair (keys, values) for each layer, both of shape (G, past, d).
"""

import math
from collections.abc import Callable
from typing import Any

import torch

Pair = tuple[torch.Tensor, torch.Tensor]
Weights = dict[str, Any]


# Part 1: the KV cache


def empty_cache(weights: Weights) -> list[Pair]:
    """Given: the cache before the first token. Its keys and values have past = 0."""
    kinds = [(layer["key"], layer["value"]) for layer in weights["layers"]]
    return [tuple(w.new_zeros(w.shape[0], 0, w.shape[2]) for w in pair) for pair in kinds]


def cached_attention(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, past: Pair
) -> tuple[torch.Tensor, Pair]:
    """Causal attention of t new tokens over everything before them and over themselves.

    q: (H, t, d), the queries of the new tokens
    k, v: (G, t, d), their keys and values; query head h uses key-value head h // (H // G)
    past: keys and values of the tokens before them, both (G, past, d); past may be 0
    returns: the attention's output (H, t, d), and the pair of all keys and all values, both
        (G, past + t, d), the new ones behind the old ones

    New token i stands at position past + i and sees the positions 0 to past + i. Scores are
    divided by the square root of d. The arguments stay as they are.
    """
    # Your code here.
    raise NotImplementedError


def decode(
    weights: Weights, tokens: torch.Tensor, cache: list[Pair]
) -> tuple[torch.Tensor, list[Pair]]:
    """The logits of t new tokens behind those whose keys and values are in the cache.

    tokens: (t,), int64, the new tokens alone
    returns: logits (t, V), and the cache with the new tokens added

    x is the embedding of the tokens plus the embedding of their positions, which go on where the
    cache ends. Each layer computes queries, keys and values from x and adds the sum over the heads
    of its attention times "output" to x. The logits are x times the transposed embedding. There is
    no normalisation and no bias.
    """
    # Your code here.
    raise NotImplementedError


def generate(
    model: Callable[[torch.Tensor, Any], tuple[torch.Tensor, Any]],
    choose: Callable[[torch.Tensor], int],
    prompt: list[int],
    steps: int,
    end: int | None = None,
) -> list[int]:
    """Continue a prompt by at most `steps` tokens, giving each token to the model only once.

    model: called as model(tokens, cache), with tokens (t,) int64; returns logits (t, V) and the
        new cache. The first call gets the whole prompt, and None as the cache. What a cache is,
        only the model knows: pass on what the call before returned.
    choose: called with the logits (V,) of the last position; returns the next token
    prompt: at least one token
    end: the token that ends the text: it is the last one of the result
    returns: the new tokens alone

    A token that nothing comes after is never given to the model. So there is one call of the model
    for each new token, and none if `steps` is 0.
    """
    # Your code here.
    raise NotImplementedError


# Part 2: what limits the speed


def kv_cache_bytes(
    layers: int, kv_heads: int, head_dim: int, tokens: int, batch: int, element_bytes: int
) -> int:
    """The size of a KV cache for `batch` texts of `tokens` tokens each."""
    # Your code here.
    raise NotImplementedError


def linear_intensity(tokens: int, d_in: int, d_out: int, element_bytes: int) -> float:
    """FLOPs for each byte moved, for (tokens, d_in) times (d_in, d_out).

    A multiplication and an addition are two FLOPs. Both factors are read once, the result is
    written once, and nothing else is moved.
    """
    # Your code here.
    raise NotImplementedError


def attention_intensity(
    new: int, past: int, heads: int, kv_heads: int, head_dim: int, element_bytes: int
) -> float:
    """FLOPs for each byte moved, for attention of `new` tokens over past + new tokens.

    Counted are the two matrix products, queries with keys and shares with values, over all
    past + new positions (as if nothing were masked) and not the softmax. Read once are the queries
    of the new tokens and all keys and values; written once is the output. Scores and shares never
    leave the chip.
    """
    # Your code here.
    raise NotImplementedError


def attainable_flops(intensity: float, peak_flops: float, bandwidth: float) -> float:
    """The roofline: FLOPs a second at this intensity, on a chip with `bandwidth` bytes a second."""
    # Your code here.
    raise NotImplementedError


# Part 3: beam search


def beam_search(
    probabilities: Callable[[str], dict[str, float]],
    width: int,
    length: int,
    end: str | None = None,
    alpha: float = 0.0,
) -> list[tuple[str, float]]:
    """The best texts that a beam of `width` finds, with their scores, best first.

    probabilities: called as probabilities(text); returns the probability of each next letter
    length: how many letters a text has unless it ends earlier; at least 1
    end: a text that ends with this letter is finished: it is not continued, stays in the beam and
        competes there as it is. The search stops early when all texts in the beam are finished.
    alpha: at the end, and only then, texts are ordered by score = log P / len(text) ** alpha
    returns: at most `width` pairs (text, score); the end letter is part of the text and counts

    The beam begins with the empty text. Each step replaces every unfinished text by all its
    continuations and keeps the `width` texts with the greatest log P, the sum of the natural
    logarithms of the probabilities of all their letters. Continuations of probability 0 are
    dropped. Among equals, the text that comes first in the alphabet (Python's order of strings)
    comes first. `probabilities` is called once for each text that is continued, and for no other.
    """
    # Your code here.
    raise NotImplementedError


# Part 4: sampling


def softmax_with_temperature(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    """The softmax of logits / temperature.

    logits: (V,)
    temperature: 0 or more; at 0, the largest logit gets probability 1 (among equals, the first)
    returns: (V,), of the logits' dtype, finite for all finite logits
    """
    # Your code here.
    raise NotImplementedError


def keep_top_k(probs: torch.Tensor, k: int) -> torch.Tensor:
    """Keep the k most probable tokens, set the others to 0, and make the sum 1 again.

    probs: (V,); k: at least 1, may be larger than V
    Exactly k tokens are kept (V if k is larger); among equals, those with smaller numbers.
    """
    # Your code here.
    raise NotImplementedError


def keep_top_p(probs: torch.Tensor, p: float) -> torch.Tensor:
    """Keep the fewest tokens, the most probable first, whose probabilities add up to p or more.

    probs: (V,); p: between 0 and 1
    The others are set to 0, and the sum is made 1 again. At least one token is kept, also at
    p = 0. Among equals, tokens with smaller numbers come first.
    """
    # Your code here.
    raise NotImplementedError


def sample(
    logits: torch.Tensor,
    count: int,
    seed: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> torch.Tensor:
    """Draw `count` tokens, independently and with replacement.

    First comes the temperature, then top-k, then top-p on the probabilities that
    top-k has left, normalised; None leaves a filter out. The same seed gives the same tokens;
    torch's global generator is not touched.

    returns: (count,), int64
    """
    # Your code here.
    raise NotImplementedError
