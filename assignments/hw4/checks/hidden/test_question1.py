"""Hidden checks of problem 1: grids, bits, and the search for the scales."""

import numpy as np
import pytest
import question1
import torch


def draw(rng, *shape, dtype=torch.float32):
    """A tensor of normal random numbers."""
    return torch.from_numpy(rng.standard_normal(shape)).to(dtype)


def draw_codes(rng, *shape):
    """Random codes of three bits."""
    return torch.from_numpy(rng.integers(-4, 4, size=shape)).to(torch.int8)


def draw_layer(rng, rows=12, columns=24, tokens=40, spread=1.2):
    """A weight, and activations of which a few channels are far larger than the rest."""
    weight = draw(rng, rows, columns, dtype=torch.float64)
    strength = torch.from_numpy(np.exp(spread * rng.standard_normal(columns)))
    return weight, draw(rng, tokens, columns, dtype=torch.float64) * strength


def round_to_grid(weight, group_size, bits):
    """Codes and scales, one group after another, by numpy."""
    top = 2 ** (bits - 1)
    array = weight.numpy()
    codes = np.zeros(array.shape, dtype=np.int8)
    scales = np.ones((array.shape[0], array.shape[1] // group_size), dtype=array.dtype)
    for row, group in np.ndindex(*scales.shape):
        part = slice(group * group_size, (group + 1) * group_size)
        largest = np.abs(array[row, part]).max()
        if largest > 0:
            scales[row, group] = largest / top
        nearest = np.rint(array[row, part] / scales[row, group])
        codes[row, part] = np.clip(nearest, -top, top - 1)
    return torch.from_numpy(codes), torch.from_numpy(scales)


def rounded(weight, group_size, bits):
    codes, scales = round_to_grid(weight, group_size, bits)
    return codes * scales.repeat_interleave(group_size, dim=1)


def scales_of(x, alpha):
    s = np.maximum(x.abs().mean(dim=0).numpy(), 1e-4) ** alpha
    return torch.from_numpy(s / np.sqrt(s.max() * s.min()))


def error_of(weight, x, s, group_size, bits):
    difference = (x / s) @ rounded(weight * s, group_size, bits).T - x @ weight.T
    return float((difference**2).mean())


@pytest.mark.points(2)
@pytest.mark.hint(
    "Groups lie along a row, each with a scale of its own. Divide by the scale, round, then clamp: "
    "the negative end of the grid has one point more than the positive end."
)
@pytest.mark.parametrize("bits", [2, 3, 4, 8])
def test_quantize(bits, rng, assert_tensor):
    """Codes and scales of random weights, for several widths"""
    group_size = int(rng.choice([2, 4, 6]))
    rows, groups = int(rng.integers(2, 6)), int(rng.integers(2, 5))
    weight = draw(rng, rows, groups * group_size)
    before = weight.clone()

    codes, scales = question1.quantize(weight, group_size, bits)

    expected_codes, expected_scales = round_to_grid(before, group_size, bits)
    assert_tensor(scales, expected_scales)
    assert_tensor(codes, expected_codes)
    assert_tensor(weight, before)


@pytest.mark.points(1)
@pytest.mark.hint("w / scale may lie exactly between two codes. Which one did we ask for?")
def test_ties(rng, assert_tensor):
    """A weight between two codes goes to the even one"""
    scale = 2.0 ** int(rng.integers(-3, 4))
    halves = torch.from_numpy(rng.permutation([-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5]))
    weight = torch.cat([torch.tensor([-4.0]), halves.float()])[None] * scale

    codes, scales = question1.quantize(weight, 8)

    expected = torch.cat([torch.tensor([-4.0]), torch.from_numpy(np.rint(halves.numpy()))])[None]
    assert_tensor(scales, torch.tensor([[scale]]))
    assert_tensor(codes, expected.clamp(-4, 3).to(torch.int8))


@pytest.mark.points(1)
@pytest.mark.hint("Nothing can be divided by the largest value of a group of zeros.")
def test_groups_of_zeros_and_wrong_sizes(rng, assert_tensor):
    """A group of zeros, and columns that do not make whole groups"""
    weight = draw(rng, 3, 8, dtype=torch.float64)
    weight[1, 4:] = 0
    codes, scales = question1.quantize(weight, 4)
    assert_tensor(scales, round_to_grid(weight, 4, 3)[1])
    assert_tensor(codes[1, 4:], torch.zeros(4, dtype=torch.int8))
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the student's own
        question1.quantize(weight, 3)


@pytest.mark.points(1)
@pytest.mark.hint("Each code is multiplied by the scale of ITS group of consecutive columns.")
def test_dequantize(rng, assert_tensor):
    """Weights from random codes and scales"""
    codes = draw_codes(rng, 3, 15)
    scales = draw(rng, 3, 5, dtype=torch.float64).abs()
    expected = torch.stack([codes[:, j] * scales[:, j // 3] for j in range(15)], dim=1)
    assert_tensor(question1.dequantize(codes, scales), expected)


@pytest.mark.gpu
@pytest.mark.points(2)
@pytest.mark.hint("Follow one code bit by bit: its offset of 4, its place in the stream, its byte.")
def test_pack_and_unpack(rng, assert_tensor):
    """Packing and unpacking random codes"""
    codes = draw_codes(rng, int(rng.integers(2, 6)), 8 * int(rng.integers(2, 6)))
    streams = [sum((int(code) + 4) << (3 * j) for j, code in enumerate(row)) for row in codes]
    size = 3 * codes.shape[1] // 8
    expected = torch.tensor([list(stream.to_bytes(size, "little")) for stream in streams])

    assert_tensor(question1.pack_int3(codes), expected.to(torch.uint8))
    assert_tensor(question1.unpack_int3(expected.to(torch.uint8)), codes)


@pytest.mark.points(1)
@pytest.mark.hint("First the mean of absolute values, then the lower bound, then the power.")
def test_channel_scales(rng, assert_tensor):
    """Channel scales of random activations, with a channel that is never used"""
    _, x = draw_layer(rng)
    x[:, 3] = 0
    for alpha in (0.0, float(rng.uniform(0.2, 0.9)), 1.0):
        assert_tensor(question1.channel_scales(x, alpha), scales_of(x, alpha))


@pytest.mark.points(1)
@pytest.mark.hint("Compare OUTPUTS of the layer: scaled activations with scaled, rounded weights.")
def test_output_error(rng):
    """Error at the output for random channel scales"""
    weight, x = draw_layer(rng)
    s = torch.from_numpy(np.exp(rng.standard_normal(24)))

    error = question1.output_error(weight, x, s, 8, 4)

    assert isinstance(error, float), "the error must be a Python float"
    assert error == pytest.approx(error_of(weight, x, s, 8, 4), rel=1e-6), "the error is wrong"


@pytest.mark.points(1)
@pytest.mark.hint("Try every alpha of the grid, both ends included; replace the best only if better.")
def test_search_alpha(rng):
    """The best alpha of the grid, and its error"""
    winners = set()
    while not winners >= {0.0, 1.0}:  # Both ends of the grid, and whatever else comes along.
        weight, x = draw_layer(rng)
        steps = int(rng.integers(1, 8))
        errors = [error_of(weight, x, scales_of(x, k / steps), 8, 3) for k in range(steps + 1)]
        best = int(np.argmin(errors))
        if best / steps in winners:
            continue
        winners.add(best / steps)

        alpha, error = question1.search_alpha(weight, x, 8, 3, steps)

        assert error == pytest.approx(errors[best], rel=1e-6), "not the least error of the grid"
        assert alpha == pytest.approx(best / steps), "alpha does not belong to the least error"
    # The grid ends at 1, also where the error would go on falling.
    errors = [0.0, 0.0, 0.0]
    while errors[2] >= min(errors[:2]):
        weight, x = draw_layer(rng, spread=0.1)
        errors = [error_of(weight, x, scales_of(x, alpha), 8, 3) for alpha in (0.0, 1.0, 2.0)]
    alpha, _ = question1.search_alpha(weight, x, 8, 3, 1)
    assert alpha == int(errors[1] < errors[0]), "alpha is not on the grid"


@pytest.mark.points(0.5)
@pytest.mark.hint("Take a new alpha only when its error is smaller, not when it is the same.")
def test_search_alpha_ties(rng):
    """Of equally good alphas the smallest one wins"""
    weight, x = draw_layer(rng)
    x = torch.sign(x)  # All channels are as strong, so all alphas give the same scales.
    alpha, error = question1.search_alpha(weight, x, 8, 3, 4)
    assert alpha == 0, "not the smallest alpha"
    assert error == pytest.approx(error_of(weight, x, torch.ones(24), 8, 3), rel=1e-6)


@pytest.mark.points(0.5)
@pytest.mark.hint("What is multiplied into the weight must be divided out of the norm's gain.")
def test_fold_scales(rng, assert_tensor):
    """Folding the scales keeps the layer's output"""
    weight, h = draw(rng, 5, 7, dtype=torch.float64), draw(rng, 9, 7, dtype=torch.float64)
    gain, s = draw(rng, 7, dtype=torch.float64), draw(rng, 7, dtype=torch.float64).exp()

    new_gain, new_weight = question1.fold_scales(gain, weight, s)

    assert_tensor(new_gain * s, gain)
    assert_tensor((h * new_gain) @ new_weight.T, (h * gain) @ weight.T)
