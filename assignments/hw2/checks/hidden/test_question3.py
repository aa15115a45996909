"""Hidden checks of problem 3: counts against models that are really built, fits against NumPy."""

import numpy as np
import pytest
import question3
import torch
from torch import nn


def draw_llama(rng):
    """Sizes of a small LLaMA, all different: vocab, width, layers, heads, kv_heads, hidden."""
    kv_heads, group, dim = (int(number) for number in rng.permutation([2, 3, 5]))
    heads = kv_heads * group
    vocab, hidden = int(rng.integers(40, 60)), int(rng.integers(61, 90))
    return vocab, heads * dim, int(rng.integers(1, 5)), heads, kv_heads, hidden


def assert_count(actual, expected, what):
    assert type(actual) is int, f"{what}: not a Python integer"
    assert actual == expected, f"{what}: wrong number"


def assert_rate(actual, expected, what):
    assert type(actual) is float, f"{what}: not a Python float"
    assert actual == pytest.approx(expected, rel=1e-9), f"{what}: wrong number"


def size(module):
    return sum(parameter.numel() for parameter in module.parameters())


def llama_products(vocab, width, heads, kv_heads, hidden, sequence):
    """The matrix products (m, k, n) of one block and of the head, for one sequence."""
    dim = width // heads
    block = [(sequence, width, heads * dim), (sequence, heads * dim, width)]
    block += [(sequence, width, kv_heads * dim)] * 2
    block += [(sequence, dim, sequence), (sequence, sequence, dim)] * heads
    block += [(sequence, width, hidden)] * 2 + [(sequence, hidden, width)]
    return block, (sequence, width, vocab)


def flops(m, k, n):
    """Of a product in the forward pass, and of the two that its backward pass makes of it."""
    return 2 * m * k * n + 2 * m * n * k + 2 * k * m * n


@pytest.mark.points(2)
@pytest.mark.hint(
    "Write down every layer with its bias: four maps of attention, two of the feed-forward layer, "
    "two LayerNorms in a block and one after all; the head is tied."
)
def test_gpt2_parameters(rng):
    """Parameters of a GPT-2 of random sizes"""
    vocab, context, width = (int(number) for number in rng.integers(10, 60, size=3))
    layers = int(rng.integers(2, 6))
    embeddings = size(nn.Embedding(vocab, width)) + size(nn.Embedding(context, width))
    block = size(nn.TransformerEncoderLayer(width, 1, 4 * width))
    expected = embeddings + layers * block + size(nn.LayerNorm(width))
    assert_count(question3.gpt2_parameters(vocab, context, width, layers), expected, "GPT-2")
    xl = question3.gpt2_parameters(50257, 1024, 1600, 48)
    assert_count(xl, 1_557_611_200, "GPT-2 XL")


@pytest.mark.points(2)
@pytest.mark.hint(
    "Keys and values have only kv_heads heads; the feed-forward layer has three matrices; the head "
    "has its own; no bias anywhere."
)
def test_llama_parameters(rng):
    """Parameters of a LLaMA of random sizes, and of LLaMA 3.1 with 8 and 405 billion"""
    vocab, width, layers, heads, kv_heads, hidden = draw_llama(rng)
    rows = width // heads * kv_heads
    shapes = [(width, width)] * 2 + [(rows, width)] * 2 + [(hidden, width)] * 3 + [(width, 1)] * 2
    block = sum(outputs * inputs for outputs, inputs in shapes)
    actual = question3.llama_parameters(vocab, width, layers, heads, kv_heads, hidden)
    assert_count(actual, 2 * vocab * width + layers * block + width, "LLaMA")
    small = question3.llama_parameters(128256, 4096, 32, heads=32, kv_heads=8, hidden=14336)
    assert_count(small, 8_030_261_248, "LLaMA 3.1 8B")
    large = question3.llama_parameters(128256, 16384, 126, heads=128, kv_heads=8, hidden=53248)
    assert_count(large, 405_853_388_800, "LLaMA 3.1 405B")


@pytest.mark.points(1)
@pytest.mark.hint(
    "A dtype knows the bytes of one element: its itemsize. The rule of thumb is 6 N D, in integers."
)
def test_bytes_and_operations(rng):
    """Bytes in several dtypes, and the rule of thumb"""
    count = int(rng.integers(10**9, 10**12))
    for dtype, itemsize in [
        (torch.float64, 8),
        (torch.float32, 4),
        (torch.float16, 2),
        (torch.bfloat16, 2),
        (torch.int8, 1),
        (torch.complex64, 8),
    ]:
        assert_count(question3.parameter_bytes(count, dtype), count * itemsize, str(dtype))
    tokens = int(rng.integers(10**11, 10**13))
    assert_count(question3.training_flops(count, tokens), 6 * count * tokens, "6 N D")


@pytest.mark.points(2)
@pytest.mark.hint(
    "List the matrix products of a block with their three sizes; scores and values cost "
    "2 sequence^2 width each, and twice the forward pass comes on top."
)
def test_llama_training_flops(rng):
    """Operations of a training step, product by product"""
    vocab, width, layers, heads, kv_heads, hidden = draw_llama(rng)
    sequence, batch = int(rng.integers(7, 40)), int(rng.integers(2, 6))
    block, head = llama_products(vocab, width, heads, kv_heads, hidden, sequence)
    expected = batch * (layers * sum(flops(*product) for product in block) + flops(*head))

    actual = question3.llama_training_flops(
        vocab, width, layers, heads, kv_heads, hidden, sequence, batch
    )

    assert_count(actual, expected, "operations of a step")


@pytest.mark.points(2)
@pytest.mark.hint(
    "A fused multiply-add is two operations. The intensity counts each of the three matrices once, "
    "in bytes."
)
def test_peak_and_intensity(rng):
    """Peak of a random GPU, and intensity of random products"""
    clock, units, fma = float(rng.uniform(1e9, 2e9)), int(rng.integers(20, 200)), 128
    assert_rate(question3.peak_flops(clock, units, fma), clock * units * 256, "peak")
    for m in (1, int(rng.integers(2, 5000))):
        k, n = (int(number) for number in rng.integers(2, 5000, size=2))
        for itemsize in (1, 2, 4):
            moved = sum(itemsize * elements for elements in (m * k, k * n, m * n))
            actual = question3.matmul_intensity(m, k, n, itemsize)
            assert_rate(actual, 2 * m * k * n / moved, "intensity")


@pytest.mark.points(2)
@pytest.mark.hint("The lower of two roofs; at the ridge itself the kernel is bound by compute.")
def test_roofline(rng):
    """Left and right of the ridge, and on it"""
    bandwidth, ridge = float(2 ** rng.integers(35, 42)), float(2 ** rng.integers(5, 9))
    peak = bandwidth * ridge  # powers of two: exact
    for share, kind in [(0.01, "memory"), (0.99, "memory"), (1.0, "compute"), (7.0, "compute")]:
        intensity = ridge * share
        expected = min(share, 1.0) * peak
        actual = question3.attainable_flops(intensity, peak, bandwidth)
        assert_rate(actual, expected, "attainable operations")
        assert question3.bound_by(intensity, peak, bandwidth) == kind, "bound by the other one"
    assert_rate(question3.attainable_flops(7.0, 12, 5), 12.0, "attainable operations")


@pytest.mark.points(2)
@pytest.mark.hint(
    "Subtract the floor, take logarithms of both, fit a line by least squares; A is the "
    "exponential of its intercept, alpha MINUS its slope."
)
@pytest.mark.parametrize("floor", [0.0, 1.69])
def test_fit_power_law(floor, rng):
    """Fit of noisy losses, with and without a floor"""
    sizes = np.sort(10 ** rng.uniform(0, 6, size=9))
    a, alpha = rng.uniform(50, 500), rng.uniform(0.2, 0.4)
    losses = floor + a * sizes**-alpha * np.exp(0.2 * rng.standard_normal(9))
    slope, intercept = np.polyfit(np.log(sizes), np.log(losses - floor), 1)

    actual = question3.fit_power_law(sizes.tolist(), losses.tolist(), floor)

    assert len(actual) == 2, "A and alpha are wanted"
    for got, expected, what in zip(actual, (np.exp(intercept), -slope), ("A", "alpha"), strict=True):
        assert type(got) is float, f"{what}: not a Python float"
        assert got == pytest.approx(float(expected), rel=1e-9), f"{what}: wrong number"


@pytest.mark.points(2)
@pytest.mark.hint(
    "At the minimum alpha a / N^alpha = beta b / D^beta: a little more N must gain what the D "
    "that it costs loses. Then D = budget / (6 N)."
)
def test_compute_optimal(rng):
    """The best split of a budget: no other one has a smaller loss"""
    a, b = (float(number) for number in rng.uniform(100, 800, size=2))
    alpha, beta = (float(number) for number in rng.uniform(0.2, 0.5, size=2))
    budget = float(10 ** rng.uniform(19, 24))

    n, d = question3.compute_optimal(budget, a, alpha, b, beta)

    assert type(n) is float, "N: not a Python float"
    assert_rate(6 * n * d, budget, "6 N D")
    gain, price = alpha * a * n**-alpha, beta * b * d**-beta
    assert gain == pytest.approx(price, rel=1e-6), "the loss has its minimum elsewhere"
