"""Hidden checks of problem 4: what is frozen, what moves, and by how much."""

import pytest
import question4
import torch
from torch import nn


class Reference(nn.Module):
    """The model of the handout, on the judge's side."""

    def __init__(self, n_classes):
        super().__init__()
        self.stem = nn.Linear(6, 12)
        self.stem_norm = nn.BatchNorm1d(12)
        self.body = nn.Sequential(nn.Linear(12, 12), nn.BatchNorm1d(12), nn.ReLU())
        self.head = nn.Linear(12, n_classes)

    def forward(self, x):
        return self.head(self.body(torch.relu(self.stem_norm(self.stem(x)))))


@pytest.fixture
def model(rng):
    """A fresh model from a random seed."""
    return question4.build_model(seed=int(rng.integers(2**30)))


@pytest.fixture
def data(rng):
    """Inputs that are far from normal, so that running statistics would move, and classes."""
    x = torch.from_numpy(3 + 2 * rng.standard_normal((24, 6))).float()
    y = torch.from_numpy(rng.integers(0, 4, size=24))
    return x, y


def snapshot(model):
    """Copies of all parameters and buffers, by name."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def changed(before, after):
    """The names of what differs."""
    return {name for name in before if not torch.equal(before[name], after[name])}


def trainable(model):
    """The names of the parameters that require a gradient, by our own look at them."""
    return [name for name, parameter in model.named_parameters() if parameter.requires_grad]


@pytest.mark.points(1)
@pytest.mark.hint("Every parameter under a prefix, weights and biases, and no other.")
def test_freeze(model):
    """Freezing marks the parameters under the prefixes and no others"""
    before = snapshot(model)

    frozen = question4.freeze(model, ["stem", "body.1"])

    assert frozen == ["stem.weight", "stem.bias", "body.1.weight", "body.1.bias"], "wrong names"
    assert trainable(model) == [
        "stem_norm.weight",
        "stem_norm.bias",
        "body.0.weight",
        "body.0.bias",
        "head.weight",
        "head.bias",
    ], "the wrong parameters require a gradient"
    assert not changed(before, snapshot(model)), "freezing must not change a value"


@pytest.mark.points(1)
@pytest.mark.hint("A prefix ends at a dot: compare whole parts of the name, not letters.")
def test_freeze_compares_whole_names(model):
    """Prefixes are compared by whole names"""
    assert question4.freeze(model, ["stem"]) == ["stem.weight", "stem.bias"], "stem: wrong names"
    assert question4.freeze(model, ["head.bias"]) == ["head.bias"], "head.bias: wrong names"
    assert "stem_norm.weight" in trainable(model), "a module with a longer name was frozen"
    assert "head.weight" in trainable(model), "a sibling was frozen"


@pytest.mark.points(1)
@pytest.mark.hint("Go through the model's parameters, not through the prefixes.")
def test_freeze_lists_names_in_the_models_order(model):
    """Each frozen name is listed once, in the model's order, whatever the order of the prefixes"""
    frozen = question4.freeze(model, ["head.weight", "body.0", "body", "stem"])
    assert frozen == [
        "stem.weight",
        "stem.bias",
        "body.0.weight",
        "body.0.bias",
        "body.1.weight",
        "body.1.bias",
        "head.weight",
    ], "wrong names, or a wrong order"


@pytest.mark.points(1)
@pytest.mark.hint("What was frozen before stays frozen: freeze never sets requires_grad to True.")
def test_freezing_adds_up(model):
    """A second freeze keeps what the first one froze"""
    question4.freeze(model, ["stem", "stem_norm"])
    assert question4.freeze(model, ["body"])[0] == "body.0.weight", "wrong names"
    assert trainable(model) == ["head.weight", "head.bias"], "only the head is left"


@pytest.mark.points(1)
@pytest.mark.hint("Look for prefixes that cover nothing before you freeze anything.")
@pytest.mark.parametrize("prefixes", [["neck"], ["stem", "bod"]])
def test_freeze_unknown_prefix(model, prefixes):
    """A prefix that covers nothing raises ValueError and freezes nothing"""
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the student's own
        question4.freeze(model, prefixes)
    assert "stem.weight" in trainable(model), "something was frozen all the same"


@pytest.mark.points(1)
@pytest.mark.hint("Read requires_grad of each parameter; the order is that of named_parameters.")
def test_trainable_parameters(model):
    """The list of trainable parameters follows requires_grad"""
    everything = [name for name, _ in model.named_parameters()]
    assert question4.trainable_parameters(model) == everything, "a fresh model trains everything"

    model.stem.requires_grad_(False)
    model.body[1].requires_grad_(False)

    expected = [name for name in everything if not name.startswith(("stem.", "body.1."))]
    assert question4.trainable_parameters(model) == expected, "wrong names after freezing"


@pytest.mark.points(1)
@pytest.mark.hint("Take the input width from the old head, keep a bias, and touch nothing else.")
def test_replace_head(model, rng):
    """The new head fits the model and nothing else changes"""
    before = snapshot(model)
    n_classes = int(rng.integers(5, 12))

    question4.replace_head(model, n_classes)

    after = snapshot(model)
    assert after["head.weight"].shape == (n_classes, 12), "the weight has the wrong shape"
    assert after["head.bias"].shape == (n_classes,), "the bias is missing or has the wrong shape"
    assert after["head.weight"].std() > 0, "the weights are all equal"
    rest = {name: value for name, value in before.items() if not name.startswith("head.")}
    assert not changed(rest, after), "another layer has changed"


@pytest.mark.points(1)
@pytest.mark.hint("nn.Linear makes float32 unless it is told otherwise: ask the old head.")
def test_new_head_has_the_models_dtype(model):
    """The new head has the dtype of the old one"""
    model.double()
    question4.replace_head(model, 3)
    for name, value in snapshot(model).items():
        if name.startswith("head."):
            assert value.dtype == torch.float64, f"{name} is {value.dtype}"


@pytest.mark.points(1)
@pytest.mark.hint("A new nn.Linear is trainable by itself; frozen layers stay frozen.")
def test_new_head_is_trainable(model):
    """The new head of a frozen model is all that is trainable"""
    model.requires_grad_(False)
    question4.replace_head(model, 3)
    names = trainable(model)
    assert "head.weight" in names, "the new head is frozen"
    assert all(name.startswith("head.") for name in names), "more than the head is trainable"


@pytest.mark.points(2)
@pytest.mark.hint("Give the optimizer the trainable parameters alone, and unfreeze nothing.")
def test_frozen_parameters_stay(model, data):
    """Fine-tuning moves the trainable parameters and no frozen one"""
    model.stem.requires_grad_(False)
    model.body.requires_grad_(False)
    before = snapshot(model)

    question4.fine_tune(model, *data, 3, 0.1)

    moved = changed(before, snapshot(model))
    assert not {name for name in moved if name.startswith(("stem.", "body.0."))}, "frozen, moved"
    expected = ["stem_norm.weight", "stem_norm.bias", "head.weight", "head.bias"]
    assert moved.issuperset(expected), "a trainable parameter did not move"
    assert trainable(model) == expected, "requires_grad has changed"


@pytest.mark.points(2)
@pytest.mark.hint("A frozen BatchNorm must stay in eval mode: its statistics are state as well.")
def test_frozen_batchnorm_keeps_its_statistics(model, data):
    """Fine-tuning leaves the statistics of a frozen BatchNorm alone"""
    model.requires_grad_(False)
    model.head.requires_grad_(True)
    before = snapshot(model)

    question4.fine_tune(model, *data, 3, 0.1)

    assert changed(before, snapshot(model)) == {"head.weight", "head.bias"}, "more has moved"


@pytest.mark.points(1)
@pytest.mark.hint("Training mode for each layer with a trainable parameter, be it only its bias.")
@pytest.mark.parametrize("bias_alone", [False, True])
def test_trainable_batchnorm_updates_its_statistics(bias_alone, model, data):
    """Fine-tuning updates the statistics of a trainable BatchNorm"""
    model.body.requires_grad_(False)
    if bias_alone:
        weight = model.stem_norm.weight.detach()
        model.stem_norm.weight = nn.Parameter(weight, requires_grad=False)
    before = snapshot(model)

    question4.fine_tune(model, *data, 3, 0.1)

    moved = changed(before, snapshot(model))
    assert "stem_norm.running_mean" in moved, "the trainable BatchNorm did not learn its mean"
    assert "body.1.running_mean" not in moved, "the frozen BatchNorm has moved"


@pytest.mark.points(2)
@pytest.mark.hint("Plain SGD, mean cross-entropy, all of x in each step, gradients zeroed.")
def test_fine_tune_follows_the_recipe(model, data, assert_tensor):
    """Losses and weights agree with plain SGD, step by step"""
    # In float64, where no rounding can carry a value across the kink of a ReLU.
    x, y = data[0].double(), data[1]
    model.double()
    reference = Reference(4).double()
    reference.load_state_dict(snapshot(model))
    reference.train()
    reference.stem.requires_grad_(False)
    model.stem.requires_grad_(False)

    losses = question4.fine_tune(model, x, y, 4, 0.1)

    parameters = [value for value in reference.parameters() if value.requires_grad]
    optimizer = torch.optim.SGD(parameters, lr=0.1)
    expected = []
    for _ in range(4):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(reference(x), y)
        loss.backward()
        optimizer.step()
        expected.append(loss.item())
    assert losses == pytest.approx(expected, rel=1e-6), "the losses are wrong"
    actual = snapshot(model)
    for name, value in reference.state_dict().items():
        assert_tensor(actual[name], value)


@pytest.mark.points(1)
@pytest.mark.hint("Read the last sentences of fine_tune's description: what is left behind?")
def test_fine_tune_leaves_evaluation_mode(model, data):
    """After fine-tuning the model is in evaluation mode and returns floats"""
    losses = question4.fine_tune(model, *data, 2, 0.1)

    assert isinstance(losses, list), "the losses are not a list"
    assert all(isinstance(loss, float) for loss in losses), "a loss is not a float"
    assert len(losses) == 2, "one loss for each step"
    assert not model.training, "the model is still in training mode"
    assert not model.stem_norm.training, "a layer is still in training mode"


@pytest.mark.gpu
@pytest.mark.points(1)
@pytest.mark.hint("The new head belongs on the device of the old one; train where the data lie.")
def test_on_the_device(model, data, device):
    """A new head is made and trained where the model lies, on a GPU as well"""
    model.to(device)
    question4.replace_head(model, 4)
    before = snapshot(model)

    losses = question4.fine_tune(model, *data, 3, 0.1)

    assert len(losses) == 3, "one loss for each step"
    assert "head.weight" in changed(before, snapshot(model)), "the head did not move"
