"""Visible checks of problem 5: one small layer, one small model, and small numbers."""

import pytest
import question5
import torch


@pytest.mark.points(1.5)
@pytest.mark.hint("alpha / rank is 2 here. B is still zero at the beginning.")
def test_lora_small(assert_tensor):
    """A layer of two inputs and one output with rank 2 and alpha 4"""
    base = question5.make_linear(torch.tensor([[1.0, 2.0]]), torch.tensor([0.5]))
    layer = question5.LoRALinear(base, rank=2, alpha=4.0)
    x = torch.tensor([[3.0, 4.0]])
    assert_tensor(layer(x), torch.tensor([[11.5]]))

    a, b = torch.tensor([[1.0, -1.0], [0.0, 1.0]]), torch.tensor([[5.0, 1.0]])
    layer.load_state_dict({"a": a, "b": b}, strict=False)

    assert_tensor(layer(x), torch.tensor([[9.5]]))
    assert_tensor(layer.merged().weight, torch.tensor([[11.0, -6.0]]))


@pytest.mark.points(1)
@pytest.mark.hint("Wrap the layers, then look at what requires a gradient.")
def test_add_lora_small():
    """LoRA on the values of a model with two blocks"""
    model = question5.build_model(seed=1)

    names = question5.add_lora(model, ["value"], rank=2, alpha=4.0)

    assert names == ["blocks.0.value", "blocks.1.value"], names
    trainable = [name for name, p in model.named_parameters() if p.requires_grad]
    assert trainable == [
        "blocks.0.value.a",
        "blocks.0.value.b",
        "blocks.1.value.a",
        "blocks.1.value.b",
    ], trainable


@pytest.mark.points(0.5)
@pytest.mark.hint("Draw the matrices and count.")
def test_counts_small():
    """Parameters for one weight of 4 x 6, and one adapter"""
    assert question5.lora_count([(4, 6)], 2) == 20
    assert question5.vera_count([(4, 6)], 2) == 6
    assert question5.adapter_count(4, 2, 1) == 22
