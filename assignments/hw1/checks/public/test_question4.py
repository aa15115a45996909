"""Visible checks of problem 4, on the model that `build_model` gives."""

import pytest
import question4
import torch


@pytest.mark.points(2)
@pytest.mark.hint("Set requires_grad of every parameter under the prefix, weight and bias.")
def test_freeze_small():
    """Freezing the body leaves stem and head trainable"""
    model = question4.build_model(seed=1)

    frozen = question4.freeze(model, ["body"])

    assert frozen == ["body.0.weight", "body.0.bias", "body.1.weight", "body.1.bias"], frozen
    trainable = question4.trainable_parameters(model)
    assert trainable == [
        "stem.weight",
        "stem.bias",
        "stem_norm.weight",
        "stem_norm.bias",
        "head.weight",
        "head.bias",
    ], trainable


@pytest.mark.points(1)
@pytest.mark.hint("Assign a new nn.Linear to model.head; its input width is that of the old one.")
def test_replace_head_small():
    """A new head for three classes"""
    model = question4.build_model(seed=1)

    question4.replace_head(model, 3)

    assert model.head.weight.shape == (3, 12), "the weight has the wrong shape"
    assert model.head.bias.shape == (3,), "the bias has the wrong shape"
    assert model(torch.zeros(5, 6)).shape == (5, 3), "the model's output has the wrong shape"


@pytest.mark.points(2)
@pytest.mark.hint("Zero the gradients, compute the loss, go backward, step: in this order.")
def test_fine_tune_small():
    """Fine-tuning lowers the loss on a few examples"""
    model = question4.build_model(seed=1)
    x = torch.eye(6)
    y = torch.tensor([0, 1, 2, 3, 0, 1])
    before = model.head.weight.detach().clone()

    losses = question4.fine_tune(model, x, y, steps=20, lr=0.1)

    assert len(losses) == 20, f"{len(losses)} losses for 20 steps"
    assert losses[-1] < losses[0], f"the loss went from {losses[0]} to {losses[-1]}"
    assert not torch.equal(before, model.head.weight), "the head did not move"
