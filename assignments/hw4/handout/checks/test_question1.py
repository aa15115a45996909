"""Visible checks of problem 1: small examples that you can follow by hand."""

import pytest
import question1
import torch


@pytest.mark.points(1)
@pytest.mark.hint("The largest |w| of a group over 4 is its scale; codes go from -4 to 3.")
def test_quantize_small(assert_tensor):
    """One row in two groups of four"""
    weight = torch.tensor([[-4.0, 1.2, 2.6, 0.0, 8.0, -3.0, 5.8, 1.0]])

    codes, scales = question1.quantize(weight, 4)

    # 8 / 2 would be the code 4, which three bits do not have.
    assert_tensor(codes, torch.tensor([[-4, 1, 3, 0, 3, -2, 3, 0]], dtype=torch.int8))
    assert_tensor(scales, torch.tensor([[1.0, 2.0]]))
    expected = torch.tensor([[-4.0, 1.0, 3.0, 0.0, 6.0, -4.0, 6.0, 0.0]])
    assert_tensor(question1.dequantize(codes, scales), expected)


@pytest.mark.points(1)
@pytest.mark.hint("Write the eight numbers in binary, the first one at the low end of the stream.")
def test_pack_small(assert_tensor):
    """Eight codes in three bytes"""
    # Unsigned: 5 4 4 4 4 4 4 7. As one number, the last code first: 111 100 100 100 100 100 100 101
    codes = torch.tensor([[1, 0, 0, 0, 0, 0, 0, 3]], dtype=torch.int8)
    packed = torch.tensor([[0b00100101, 0b01001001, 0b11110010]], dtype=torch.uint8)
    assert_tensor(question1.pack_int3(codes), packed)
    assert_tensor(question1.unpack_int3(packed), codes)


@pytest.mark.points(1)
@pytest.mark.hint("Means 1, 4 and 16; with alpha 1/2 their roots 1, 2, 4, divided by sqrt(4 * 1).")
def test_channel_scales_small(assert_tensor):
    """Scales of three channels"""
    x = torch.tensor([[1.0, -2.0, 16.0], [-1.0, 6.0, -16.0]])
    assert_tensor(question1.channel_scales(x, 0.5), torch.tensor([0.5, 1.0, 2.0]))
