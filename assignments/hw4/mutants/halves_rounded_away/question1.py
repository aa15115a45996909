"""Problem 1: quantization. Weights in 3 bits, and scales that protect what the activations use.

A weight has the shape (out, in) and is used as  y = x @ weight.T. Write everything with torch, on
the device of the arguments and without changing them.
"""

import torch


def quantize(
    weight: torch.Tensor, group_size: int, bits: int = 3
) -> tuple[torch.Tensor, torch.Tensor]:
    """Round each weight to the nearest point of its group's grid.

    A group is `group_size` consecutive columns of one row. With top = 2 ** (bits - 1):

        scale = (largest absolute value of the group) / top
        code  = round(w / scale), ties to the even code, then clamped to -top ... top - 1

    A group of zeros has the scale 1. `bits` is between 2 and 8.

    weight: (out, in), floating point
    returns: codes, (out, in), dtype int8; scales, (out, in / group_size), dtype of the weight
    raises: ValueError when `in` is not a multiple of `group_size`
    """
    rows, columns = weight.shape
    if columns % group_size:
        raise ValueError(f"{columns} columns do not make groups of {group_size}")
    top = 2 ** (bits - 1)
    groups = weight.reshape(rows, columns // group_size, group_size)
    scales = groups.abs().amax(dim=2) / top
    scales = torch.where(scales == 0, torch.ones_like(scales), scales)
    codes = (torch.sign(groups) * torch.floor(groups.abs() / scales[:, :, None] + 0.5)).clamp(-top, top - 1)
    return codes.to(torch.int8).reshape(rows, columns), scales


def dequantize(codes: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    """The weights that the codes stand for: code * scale of its group.

    codes: (out, in), dtype int8
    scales: (out, groups); a group is in / groups consecutive columns
    returns: (out, in), dtype of the scales
    """
    group_size = codes.shape[1] // scales.shape[1]
    return codes.to(scales.dtype) * scales.repeat_interleave(group_size, dim=1)


def pack_int3(codes: torch.Tensor) -> torch.Tensor:
    """Store 3-bit codes without a gap: eight codes in three bytes.

    Each row is a stream of bits of its own. Code j of the row, as the unsigned number code + 4,
    takes the bits 3j, 3j + 1 and 3j + 2 of the stream, its least significant bit first. Bit i of
    the stream is bit i % 8 of byte i // 8, where bit 0 of a byte is its least significant one.

    codes: (out, in), dtype int8, each from -4 to 3; `in` is a multiple of 8
    returns: (out, 3 * in / 8), dtype uint8
    """
    unsigned = codes.to(torch.int64) + 4
    bits = (unsigned[:, :, None] >> torch.arange(3, device=codes.device)) & 1
    bytes_of_bits = bits.reshape(codes.shape[0], -1, 8)
    return (bytes_of_bits << torch.arange(8, device=codes.device)).sum(dim=2).to(torch.uint8)


def unpack_int3(packed: torch.Tensor) -> torch.Tensor:
    """The codes that `pack_int3` stored.

    packed: (out, n), dtype uint8; n is a multiple of 3
    returns: (out, 8 * n / 3), dtype int8
    """
    bits = (packed.to(torch.int64)[:, :, None] >> torch.arange(8, device=packed.device)) & 1
    bits_of_codes = bits.reshape(packed.shape[0], -1, 3)
    unsigned = (bits_of_codes << torch.arange(3, device=packed.device)).sum(dim=2)
    return (unsigned - 4).to(torch.int8)


def channel_scales(x: torch.Tensor, alpha: float) -> torch.Tensor:
    """One factor for each input channel, larger where the activations are large.

        m_c = max(mean over the tokens of |x[t, c]|, 1e-4)
        s_c = m_c ** alpha, divided by sqrt(max s * min s) over all channels

    x: (tokens, in), calibration activations
    returns: (in,), dtype of x
    """
    s = x.abs().mean(dim=0).clamp(min=1e-4) ** alpha
    return s / (s.max() * s.min()).sqrt()


def output_error(
    weight: torch.Tensor, x: torch.Tensor, s: torch.Tensor, group_size: int, bits: int = 3
) -> float:
    """What quantization costs at the layer's output when channel c is scaled by s[c].

    Column c of the weight is multiplied by s[c] before it is quantized and dequantized, and channel
    c of x is divided by s[c].

    weight: (out, in)
    x: (tokens, in)
    s: (in,)
    returns: the mean of the squared difference to  x @ weight.T, over tokens and outputs
    """
    rounded = dequantize(*quantize(weight * s, group_size, bits))
    return ((x / s) @ rounded.T - x @ weight.T).square().mean().item()


def search_alpha(
    weight: torch.Tensor, x: torch.Tensor, group_size: int, bits: int = 3, steps: int = 20
) -> tuple[float, float]:
    """Find how strongly to protect: the alpha of 0, 1/steps, 2/steps ... 1 with the least error.

    The error is `output_error` with the scales of `channel_scales(x, alpha)`. Of equal errors the
    smallest alpha wins.

    returns: alpha and its error
    """
    best_alpha, best_error = 0.0, float("inf")
    for step in range(steps + 1):
        alpha = step / steps
        error = output_error(weight, x, channel_scales(x, alpha), group_size, bits)
        if error < best_error:
            best_alpha, best_error = alpha, error
    return best_alpha, best_error


def fold_scales(
    gain: torch.Tensor, weight: torch.Tensor, s: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Hide the channel scales in the weights, so that running the model costs nothing more.

    The layer gets its input from a norm with a gain: y = (h * gain) @ weight.T. After folding,
    the channels that enter the layer are divided by s and the output is the same as before.

    gain: (in,)
    weight: (out, in)
    s: (in,)
    returns: the new gain and the new weight
    """
    return gain / s, weight * s
