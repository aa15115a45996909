"""Visible checks of problem 2: small examples that you can follow by hand."""

import pytest
import question2
import torch


def small_model():
    """Two inputs, two hidden units, one output."""
    model = question2.TwoLayerMLP(2, 2, 1)
    model.w1 = torch.tensor([[1.0, 0.0], [0.0, -1.0]])
    model.b1 = torch.tensor([0.5, 0.0])
    model.w2 = torch.tensor([[2.0, 3.0]])
    model.b2 = torch.tensor([1.0])
    return model


@pytest.mark.points(1)
@pytest.mark.hint("In this course the derivative of ReLU at exactly 0 is 1.")
def test_relu_small(assert_tensor):
    """ReLU and its derivative below, at and above zero"""
    z = torch.tensor([-1.0, 0.0, 2.0])
    assert_tensor(question2.relu(z), torch.tensor([0.0, 0.0, 2.0]))
    assert_tensor(question2.relu_derivative(z), torch.tensor([0.0, 1.0, 1.0]))


@pytest.mark.points(2)
@pytest.mark.hint("Each row of x is one example; the weights have the shape (outputs, inputs).")
def test_forward_small(assert_tensor):
    """Prediction of a tiny network"""
    x = torch.tensor([[1.0, 1.0], [0.0, -2.0]])
    assert_tensor(small_model().forward(x), torch.tensor([[4.0], [8.0]]))


@pytest.mark.points(1)
@pytest.mark.hint("Divide by the batch, and by 2; do not divide by the number of outputs.")
def test_mse_loss_small(assert_tensor):
    """Loss and its gradient for two examples"""
    prediction = torch.tensor([[1.0, 2.0], [3.0, 0.0]])
    target = torch.tensor([[1.0, 0.0], [0.0, 0.0]])

    loss, gradient = question2.mse_loss(prediction, target)

    assert loss == pytest.approx(3.25), f"the loss is {loss}, not 3.25"
    assert_tensor(gradient, torch.tensor([[0.0, 1.0], [1.5, 0.0]]))


@pytest.mark.points(1)
@pytest.mark.hint("Index x and y with the same drawn rows.")
def test_sample_batch_small(assert_tensor):
    """A batch keeps inputs and targets together"""
    x = torch.arange(10.0).reshape(5, 2)
    y = x[:, :1] * 10

    batch_x, batch_y = question2.sample_batch(x, y, 3, seed=1)

    assert batch_x.shape == (3, 2), f"the inputs have the shape {tuple(batch_x.shape)}"
    assert_tensor(batch_y, batch_x[:, :1] * 10)
