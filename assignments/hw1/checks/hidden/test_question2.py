"""Hidden checks of problem 2: gradients against autograd and against differences, and SGD."""

import inspect
import re

import pytest
import question2
import torch

NAMES = ["w1", "b1", "w2", "b2"]


def draw(rng, *shape, dtype=torch.float32):
    """A tensor of normal random numbers."""
    return torch.from_numpy(rng.standard_normal(shape)).to(dtype)


def draw_weights(rng, inputs, hidden, outputs, dtype=torch.float32):
    """Random parameters, biases included."""
    shapes = {
        "w1": (hidden, inputs),
        "b1": (hidden,),
        "w2": (outputs, hidden),
        "b2": (outputs,),
    }
    return {name: draw(rng, *shape, dtype=dtype) for name, shape in shapes.items()}


def draw_case(rng, batch, dtype=torch.float32):
    """Parameters, inputs and targets for which no unit is so near to zero that rounding decides."""
    while True:
        weights = draw_weights(rng, 4, 6, 3, dtype=dtype)
        x, y = draw(rng, batch, 4, dtype=dtype), draw(rng, batch, 3, dtype=dtype)
        if (x @ weights["w1"].T + weights["b1"]).abs().min() > 1e-3:
            return weights, x, y


def make_model(weights):
    """A student's model with these parameters; copies, so that ours stay as they are."""
    hidden, inputs = weights["w1"].shape
    dtype = weights["w1"].dtype
    model = question2.TwoLayerMLP(inputs, hidden, len(weights["b2"]), dtype=dtype)
    for name, value in weights.items():
        setattr(model, name, value.clone())
    return model


def predict(weights, x):
    hidden = torch.relu(x @ weights["w1"].T + weights["b1"])
    return hidden @ weights["w2"].T + weights["b2"]


def half_squared_error(prediction, target):
    return ((prediction - target) ** 2).sum() / (2 * len(target))


def reference_gradients(weights, x, y):
    """The loss and the gradients, by torch."""
    leaves = {name: value.clone().requires_grad_() for name, value in weights.items()}
    loss = half_squared_error(predict(leaves, x), y)
    loss.backward()
    return loss.item(), {name: leaf.grad for name, leaf in leaves.items()}


@pytest.mark.points(1)
@pytest.mark.hint("New tensors of z's own dtype, of any shape; z itself stays as it is.")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_relu(dtype, rng, assert_tensor):
    """ReLU and its derivative for any shape, in the dtype of the argument"""
    z = draw(rng, 2, 3, 5, dtype=dtype)
    z[0] = 0.0
    before = z.clone()

    values, slopes = question2.relu(z), question2.relu_derivative(z)

    assert_tensor(z, before)
    assert_tensor(values, before.clamp_min(0))
    assert_tensor(slopes, (before >= 0).to(dtype))


@pytest.mark.points(2)
@pytest.mark.hint("Both layers have a bias, and ReLU stands between the layers only.")
@pytest.mark.parametrize("batch", [1, 9])
def test_forward(batch, rng, assert_tensor):
    """Prediction for random weights and inputs"""
    weights, x = draw_weights(rng, 3, 7, 2), draw(rng, batch, 3)
    assert_tensor(make_model(weights).forward(x), predict(weights, x))


@pytest.mark.points(1)
@pytest.mark.hint("Sum over the outputs, average over the batch, halve.")
def test_mse_loss(rng):
    """Loss for random predictions"""
    prediction, target = draw(rng, 6, 3), draw(rng, 6, 3)

    loss, _ = question2.mse_loss(prediction, target)

    assert isinstance(loss, float), "the loss must be a Python float"
    expected = half_squared_error(prediction, target).item()
    assert loss == pytest.approx(expected, rel=1e-4), "the loss is wrong"


@pytest.mark.points(1)
@pytest.mark.hint("Differentiate the loss as it stands: the 2 goes, the 1/batch stays.")
@pytest.mark.parametrize("batch", [1, 6])
def test_gradient_of_the_loss(batch, rng, assert_tensor):
    """Gradient of the loss for random predictions"""
    prediction, target = draw(rng, batch, 3), draw(rng, batch, 3)
    _, gradient = question2.mse_loss(prediction, target)
    assert_tensor(gradient, (prediction - target) / batch)


@pytest.mark.points(4)
@pytest.mark.hint(
    "Work from the output backwards, one matrix product at a time, and check each shape. A bias "
    "collects the SUM over the batch: the 1/batch is already in the loss's gradient."
)
@pytest.mark.parametrize("batch", [1, 8])
def test_gradients_match_autograd(batch, rng, assert_tensor):
    """The four gradients agree with automatic differentiation"""
    weights, x, y = draw_case(rng, batch)
    _, expected = reference_gradients(weights, x, y)
    model = make_model(weights)

    # The slope is ours: this check is about `backward` alone, not about `mse_loss`.
    grads = model.backward((model.forward(x) - y) / batch)

    assert sorted(grads) == sorted(NAMES), "backward must return w1, b1, w2 and b2"
    for name in NAMES:
        assert_tensor(grads[name], expected[name], rtol=1e-4, atol=1e-4)


@pytest.mark.points(1)
@pytest.mark.hint("Move a weight a little and look at the loss: your gradient must predict it.")
def test_gradients_match_differences(rng):
    """The gradients predict how the loss changes along a random direction"""
    weights, x, y = draw_case(rng, 8, dtype=torch.float64)
    direction = draw_weights(rng, 4, 6, 3, dtype=torch.float64)
    model = make_model(weights)

    def loss_at(step):
        for name in NAMES:
            setattr(model, name, weights[name] + step * direction[name])
        return half_squared_error(model.forward(x), y).item()

    # Small enough that no ReLU switches between the two points.
    measured = (loss_at(1e-7) - loss_at(-1e-7)) / 2e-7
    loss_at(0.0)
    grads = model.backward((model.forward(x) - y) / len(x))
    predicted = sum((grads[name] * direction[name]).sum().item() for name in NAMES)

    assert predicted == pytest.approx(measured, rel=1e-4, abs=1e-4), "the slope is wrong"


@pytest.mark.points(1)
@pytest.mark.hint("The derivative of ReLU at exactly 0 is 1 in this course, in backward as well.")
def test_kink_of_relu(rng, assert_tensor):
    """Units at exactly zero pass the gradient on"""
    weights = draw_weights(rng, 3, 5, 2)
    weights["w1"].zero_()
    weights["b1"].zero_()
    x, slope = draw(rng, 4, 3), draw(rng, 4, 2)
    model = make_model(weights)

    model.forward(x)
    grads = model.backward(slope)

    hidden = slope @ weights["w2"]
    assert_tensor(grads["b1"], hidden.sum(dim=0))
    assert_tensor(grads["w1"], hidden.T @ x)


@pytest.mark.points(1)
@pytest.mark.hint("Each backward replaces self.grads and leaves the parameters alone.")
def test_backward_starts_afresh(rng, assert_tensor):
    """A second backward gives the same gradients, not their sum"""
    weights, x, slope = draw_weights(rng, 3, 5, 2), draw(rng, 4, 3), draw(rng, 4, 2)
    model = make_model(weights)
    model.forward(x)
    first = {name: value.clone() for name, value in model.backward(slope).items()}

    model.forward(x)
    model.backward(slope)

    for name in NAMES:
        assert_tensor(model.grads[name], first[name])
        assert_tensor(getattr(model, name), weights[name])


@pytest.mark.points(2)
@pytest.mark.hint("Compute all four gradients first, with the old weights; then move all four.")
def test_sgd_step(rng, assert_tensor):
    """One step of SGD moves all parameters by their own old gradients"""
    weights, x, y = draw_case(rng, 8)
    expected_loss, expected = reference_gradients(weights, x, y)
    model = make_model(weights)

    loss = model.sgd_step(x, y, 0.1)

    assert loss == pytest.approx(expected_loss, rel=1e-4), "the loss before the step is wrong"
    for name in NAMES:
        moved = weights[name] - 0.1 * expected[name]
        assert_tensor(getattr(model, name), moved, rtol=1e-4, atol=1e-4)


@pytest.mark.points(1)
@pytest.mark.timeout(10)
@pytest.mark.hint("With replacement: each row is drawn on its own, and may come up again.")
def test_sample_batch(rng, assert_tensor):
    """Batches are drawn with replacement, from the seed alone"""
    x = torch.arange(12.0).reshape(12, 1) + 100
    y = torch.cat([x, -x], dim=1)
    seeds = [int(seed) for seed in rng.choice(2**30, size=4, replace=False)]

    batches = [question2.sample_batch(x, y, 40, seed)[0] for seed in seeds]
    small_x, small_y = question2.sample_batch(x, y, 12, seeds[0])
    again, _ = question2.sample_batch(x, y, 40, seeds[0])

    assert all(batch.shape == (40, 1) for batch in batches), "a batch has the wrong shape"
    drawn = [set(batch.flatten().tolist()) for batch in batches]
    assert all(rows <= set(x.flatten().tolist()) for rows in drawn), "a row is not of x"
    assert len(set.union(*drawn)) == 12, "some rows are never drawn"
    assert len({tuple(batch.flatten().tolist()) for batch in batches}) == 4, "seeds play no part"
    assert_tensor(again, batches[0])
    assert_tensor(small_y, torch.cat([small_x, -small_x], dim=1))


@pytest.mark.points(1)
@pytest.mark.hint("Step t uses the seed seed + t; the model itself is changed, not a copy.")
def test_train_follows_the_recipe(rng, assert_tensor):
    """Training does the steps of the recipe, in order"""
    # In float64, where no rounding can carry a unit across the kink of ReLU.
    weights, x, y = draw_case(rng, 20, dtype=torch.float64)
    seed = int(rng.integers(2**30))
    model = make_model(weights)

    losses = question2.train(model, x, y, 4, 6, 0.05, seed, lambda step, loss: None)

    expected_losses = []
    for step in range(4):
        loss, grads = reference_gradients(weights, *question2.sample_batch(x, y, 6, seed + step))
        weights = {name: value - 0.05 * grads[name] for name, value in weights.items()}
        expected_losses.append(loss)
    assert losses == pytest.approx(expected_losses, rel=1e-6), "the losses are wrong"
    for name in NAMES:
        assert_tensor(getattr(model, name), weights[name])


@pytest.mark.points(1)
@pytest.mark.hint("Call on_step once after each step, counted from 0, and obey its answer.")
def test_train_reports_each_step(rng):
    """Training reports each step and ends when it is told to"""
    x, y = draw(rng, 20, 3), draw(rng, 20, 2)
    model = make_model(draw_weights(rng, 3, 5, 2))
    stop_at = int(rng.integers(2, 6))
    reports = []

    def on_step(step, loss):
        reports.append((step, loss))
        return step == stop_at

    losses = question2.train(model, x, y, 10, 6, 0.05, 0, on_step)

    assert [step for step, _ in reports] == list(range(stop_at + 1)), "wrong steps reported"
    assert [loss for _, loss in reports] == losses, "the losses reported are not those returned"


@pytest.mark.points(1)
@pytest.mark.hint("This problem is about the chain rule: torch.autograd and torch.optim stay away.")
def test_written_by_hand():
    """Gradients and steps are written by hand"""
    model = question2.TwoLayerMLP
    for function in [question2.mse_loss, model.forward, model.backward, model.sgd_step]:
        found = re.search(r"requires_grad|autograd|\bfunc\.|\boptim\b", inspect.getsource(function))
        assert found is None, f"uses {found and found.group()}"
