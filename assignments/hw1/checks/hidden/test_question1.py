"""Hidden checks of problem 1: random tensors, whose axes all have different sizes."""

import inspect
import re

import pytest
import question1
import torch

FUNCTIONS = [
    "attention_scores",
    "heads_first",
    "block_trace",
    "block_diagonal",
    "mix_heads",
    "bilinear_scores",
]


def draw(rng, *shape, dtype=torch.float32):
    """A tensor of normal random numbers."""
    return torch.from_numpy(rng.standard_normal(shape)).to(dtype)


def sizes(rng, count):
    """Different sizes, so that no wrong axis can pass for the right one."""
    return [int(size) for size in rng.permutation([2, 3, 4, 5, 6, 7])[:count]]


def scores(queries, keys):
    return (queries @ keys.transpose(-1, -2)) / queries.shape[-1] ** 0.5


def bilinear(left, weight, right):
    return left @ weight @ right.transpose(-1, -2)


@pytest.mark.points(2)
@pytest.mark.hint(
    "Queries and keys may differ in number. Contract dim alone, keep batch and heads, and divide "
    "by the square root of dim, not of a sequence length."
)
@pytest.mark.parametrize("kind", ["random sizes", "one query", "empty batch"])
def test_attention_scores(kind, rng, assert_tensor):
    """Attention scores for many batches, heads and lengths"""
    batch, heads, many, fewer, dim = sizes(rng, 5)
    if kind == "one query":
        many = 1
    elif kind == "empty batch":
        batch = 0
    queries, keys = draw(rng, batch, heads, many, dim), draw(rng, batch, heads, fewer, dim)

    actual = question1.attention_scores(queries, keys)

    assert_tensor(actual, scores(queries, keys))


@pytest.mark.points(1)
@pytest.mark.hint("What is the square root of dim when each vector holds a single number?")
def test_scores_of_single_numbers(rng, assert_tensor):
    """Attention scores where each vector has one number"""
    batch, heads, many, fewer = sizes(rng, 4)
    queries, keys = draw(rng, batch, heads, many, 1), draw(rng, batch, heads, fewer, 1)
    assert_tensor(question1.attention_scores(queries, keys), scores(queries, keys))


@pytest.mark.points(1)
@pytest.mark.hint("Axes must be permuted. A reshape gives the right shape but mixes the numbers.")
def test_heads_first(rng, assert_tensor):
    """Heads before the sequence, for random sizes"""
    x = draw(rng, *sizes(rng, 4))
    assert_tensor(question1.heads_first(x), x.permute(0, 2, 1, 3))


@pytest.mark.points(2)
@pytest.mark.hint("One number for each batch and head: the result has two axes.")
def test_block_trace(rng, assert_tensor):
    """Trace of each block, for random sizes"""
    batch, heads, n = sizes(rng, 3)
    blocks = draw(rng, batch, heads, n, n)
    assert_tensor(question1.block_trace(blocks), blocks.diagonal(dim1=-2, dim2=-1).sum(-1))


@pytest.mark.points(1)
@pytest.mark.hint("The diagonal runs over the LAST two axes; batch and heads stay in front.")
def test_block_diagonal(rng, assert_tensor):
    """Diagonal of each block, for random sizes"""
    batch, heads, n = sizes(rng, 3)
    blocks = draw(rng, batch, heads, n, n)
    assert_tensor(question1.block_diagonal(blocks), blocks.diagonal(dim1=-2, dim2=-1))


@pytest.mark.points(2)
@pytest.mark.hint("A weighted SUM over the axis of the heads; weights may be of any sign and size.")
def test_mix_heads(rng, assert_tensor):
    """Weighted sum over the heads, for random sizes"""
    x = draw(rng, *sizes(rng, 4))
    weights = draw(rng, x.shape[1])
    expected = (x * weights[:, None, None]).sum(dim=1)
    assert_tensor(question1.mix_heads(x, weights), expected)


@pytest.mark.points(2)
@pytest.mark.hint("Each head has its own weight, which need be neither square nor symmetric.")
@pytest.mark.parametrize("square", [False, True])
def test_bilinear_scores(square, rng, assert_tensor):
    """Bilinear form of all pairs, for random sizes"""
    batch, heads, m, n, i, j = sizes(rng, 6)
    j = i if square else j
    left, right = draw(rng, batch, heads, m, i), draw(rng, batch, heads, n, j)
    weight = draw(rng, heads, i, j)

    actual = question1.bilinear_scores(left, weight, right)

    assert_tensor(actual, bilinear(left, weight, right), rtol=1e-4, atol=1e-4)


@pytest.mark.points(1)
@pytest.mark.hint("Do not convert: the result has the dtype of the arguments, to full precision.")
def test_dtype_is_kept(rng):
    """Results have the dtype and the precision of the arguments"""
    batch, heads, m, n, i = sizes(rng, 5)
    dtype = torch.float64
    left = draw(rng, batch, heads, m, i, dtype=dtype)
    right = draw(rng, batch, heads, n, i, dtype=dtype)
    blocks = draw(rng, batch, heads, i, i, dtype=dtype)
    results = {
        "attention_scores": question1.attention_scores(left, right),
        "heads_first": question1.heads_first(left),
        "block_trace": question1.block_trace(blocks),
        "block_diagonal": question1.block_diagonal(blocks),
        "mix_heads": question1.mix_heads(left, draw(rng, heads, dtype=dtype)),
        "bilinear_scores": question1.bilinear_scores(left, blocks[0], right),
    }

    # Whether the values are right is for other checks: this one must not cost points twice.
    for name, result in results.items():
        assert result.dtype == dtype, f"{name}: the dtype is {result.dtype}"
        assert not torch.equal(result, result.float().double()), f"{name} went through float32"


@pytest.mark.points(1)
@pytest.mark.hint("Compute a new tensor; an operation whose name ends in _ changes its argument.")
def test_arguments_stay_as_they_are(rng, assert_tensor):
    """No function changes its arguments"""
    x, keys = draw(rng, 2, 3, 4, 5), draw(rng, 2, 3, 6, 5)
    weights, blocks, weight = draw(rng, 3), draw(rng, 2, 3, 4, 4), draw(rng, 3, 5, 5)
    arguments = [x, keys, weights, blocks, weight]
    before = [argument.clone() for argument in arguments]

    question1.attention_scores(x, keys)
    question1.heads_first(x)
    question1.block_trace(blocks)
    question1.block_diagonal(blocks)
    question1.mix_heads(x, weights)
    question1.bilinear_scores(x, weight, keys)

    for argument, original in zip(arguments, before, strict=True):
        assert_tensor(argument, original)


@pytest.mark.points(1)
@pytest.mark.hint("Stay within torch: .detach(), .item() and numpy cut the graph.")
def test_gradients_flow(rng, assert_tensor):
    """Gradients flow through the attention scores to both arguments"""
    batch, heads, many, fewer, dim = sizes(rng, 5)
    queries = draw(rng, batch, heads, many, dim).requires_grad_()
    keys = draw(rng, batch, heads, fewer, dim).requires_grad_()
    slope = draw(rng, batch, heads, many, fewer)

    (question1.attention_scores(queries, keys) * slope).sum().backward()

    assert queries.grad is not None, "no gradient reached the queries"
    assert keys.grad is not None, "no gradient reached the keys"
    assert_tensor(queries.grad, slope @ keys.detach() / dim**0.5)
    assert_tensor(keys.grad, slope.transpose(-1, -2) @ queries.detach() / dim**0.5)


@pytest.mark.points(1)
@pytest.mark.hint("This problem asks for Einstein notation, in each of the six functions.")
def test_uses_einsum():
    """Each function is written with einsum"""
    for name in FUNCTIONS:
        source = inspect.getsource(getattr(question1, name))
        assert re.search(r"\beinsum\s*\(", source), f"{name} does not call einsum"


@pytest.mark.gpu
@pytest.mark.points(1)
@pytest.mark.hint("A tensor that you make yourself must lie where the arguments lie.")
def test_on_the_device(rng):
    """The six functions work where their arguments lie, on a GPU as well"""
    batch, heads, m, n, i = sizes(rng, 5)
    left, right = draw(rng, batch, heads, m, i), draw(rng, batch, heads, n, i)
    blocks, weight = draw(rng, batch, heads, n, n), draw(rng, heads, i, i)
    results = {
        "attention_scores": question1.attention_scores(left, right),
        "heads_first": question1.heads_first(left),
        "block_trace": question1.block_trace(blocks),
        "block_diagonal": question1.block_diagonal(blocks),
        "mix_heads": question1.mix_heads(left, draw(rng, heads)),
        "bilinear_scores": question1.bilinear_scores(left, weight, right),
    }

    # Whether the values are right is for other checks.
    for name, result in results.items():
        assert isinstance(result, torch.Tensor), f"{name} does not return a tensor"
        assert result.dtype == torch.float32, f"{name}: the dtype is {result.dtype}"
        assert result.isfinite().all(), f"{name}: not all values are finite"
