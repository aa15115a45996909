"""Visible checks of problem 3: numbers that you know or can work out on paper."""

import pytest
import question3
import torch


def close(actual, expected):
    return actual == pytest.approx(expected, rel=1e-9)


@pytest.mark.points(1)
@pytest.mark.hint("GPT-2 small has 124,439,808 parameters; the toy LLaMA has 20 + 12 + 42 + 6.")
def test_parameters_small():
    """The smallest GPT-2, and a LLaMA of width two"""
    assert question3.gpt2_parameters(50257, 1024, 768, 12) == 124_439_808, "GPT-2: wrong number"
    toy = question3.llama_parameters(5, 2, 1, heads=2, kv_heads=1, hidden=7)
    # Embedding and head: 20; attention: 4 + 2 + 2 + 4; feed-forward: 42; norms: 4 + 2.
    assert toy == 20 + 12 + 42 + 6, "toy LLaMA: wrong number"


@pytest.mark.points(1)
@pytest.mark.hint("Two bytes in bfloat16; 6 operations for each parameter and token.")
def test_bytes_and_rule_of_thumb():
    """Bytes of seven billion parameters, and what training them takes"""
    assert question3.parameter_bytes(7 * 10**9, torch.bfloat16) == 14 * 10**9, "wrong bytes"
    assert question3.training_flops(7 * 10**9, 2 * 10**12) == 84 * 10**21, "wrong operations"


@pytest.mark.points(1)
@pytest.mark.hint("2 for a fused multiply-add, times clock, multiprocessors and FMAs per clock.")
def test_peak_small():
    """The peak of a small GPU: ten multiprocessors at 1 GHz, 64 FMAs each per clock"""
    assert question3.peak_flops(1e9, 10, 64) == pytest.approx(1.28e12), "wrong peak"


@pytest.mark.points(1)
@pytest.mark.hint("16 operations and 12 elements of 4 bytes make 1/3; a slope of 6 reaches 2.")
def test_roofline_small():
    """A product of two 2 by 2 matrices below a small roof"""
    intensity = question3.matmul_intensity(2, 2, 2, 4)
    assert close(intensity, 1 / 3), "wrong intensity"
    assert close(question3.attainable_flops(intensity, peak=10.0, bandwidth=6.0), 2.0), "wrong roof"
    assert question3.bound_by(intensity, peak=10.0, bandwidth=6.0) == "memory"
    assert question3.bound_by(intensity, peak=10.0, bandwidth=60.0) == "compute"


@pytest.mark.points(1)
@pytest.mark.hint("Points on 8 / sqrt(size) give A = 8 and alpha = 0.5; equal terms give N = D.")
def test_scaling_small():
    """Three points of a power law, and a budget shared alike"""
    a, alpha = question3.fit_power_law([1.0, 4.0, 16.0], [9.0, 5.0, 3.0], floor=1.0)
    assert close(a, 8.0), "wrong A"
    assert close(alpha, 0.5), "wrong alpha"
    n, d = question3.compute_optimal(600.0, 3.0, 0.4, 3.0, 0.4)
    assert close(n, 10.0), "wrong N"
    assert close(d, 10.0), "wrong D"
