"""Knows the visible examples by heart, and nothing else."""


def gpt2_parameters(vocab, context, width, layers):
    return 124_439_808


def llama_parameters(vocab, width, layers, heads, kv_heads, hidden):
    return 80


def parameter_bytes(parameters, dtype):
    return 14 * 10**9


def training_flops(parameters, tokens):
    return 84 * 10**21


def llama_training_flops(vocab, width, layers, heads, kv_heads, hidden, sequence, batch):
    return 0


def peak_flops(clock, multiprocessors, fma_per_clock):
    return 1.28e12


def matmul_intensity(m, k, n, itemsize):
    return 1 / 3


def attainable_flops(intensity, peak, bandwidth):
    return 2.0


def bound_by(intensity, peak, bandwidth):
    return "memory" if bandwidth == 6.0 else "compute"


def fit_power_law(sizes, losses, floor=0.0):
    return 8.0, 0.5


def compute_optimal(budget, a, alpha, b, beta):
    return 10.0, 10.0
