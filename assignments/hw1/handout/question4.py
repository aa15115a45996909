"""Problem 4: transfer learning. Freeze a backbone, replace the head, train what is left."""

import torch
from torch import nn


class SmallNet(nn.Module):
    """Given: a backbone (`stem`, `stem_norm`, `body`) and a linear `head`.

    Its input has the shape (batch, 6), its output (batch, n_classes).
    """

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.stem = nn.Linear(6, 12)
        self.stem_norm = nn.BatchNorm1d(12)
        self.body = nn.Sequential(nn.Linear(12, 12), nn.BatchNorm1d(12), nn.ReLU())
        self.head = nn.Linear(12, n_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: (batch, 6). Returns (batch, n_classes)."""
        hidden = torch.relu(self.stem_norm(self.stem(x)))
        return self.head(self.body(hidden))


def build_model(seed: int, n_classes: int = 4) -> nn.Module:
    """Given: a SmallNet that looks pretrained; the same seed makes the same model."""
    torch.manual_seed(seed)
    model = SmallNet(n_classes)
    for _ in range(3):  # So that the running statistics are not those of a new BatchNorm.
        model(1 + 2 * torch.randn(32, 6))
    return model.eval()


def trainable_parameters(model: nn.Module) -> list[str]:
    """The names of the parameters that require a gradient, in the order of named_parameters."""
    # Your code here.
    raise NotImplementedError


def freeze(model: nn.Module, prefixes: list[str]) -> list[str]:
    """Freeze, in place, every parameter that lies under one of the prefixes.

    A prefix is the dotted name of a module or of a parameter: "body" covers "body.0.weight" and
    "body.1.bias", "body.0" covers "body.0.weight" alone, but "stem" does not cover
    "stem_norm.weight". A frozen parameter does not require a gradient. The others stay as they are.

    returns: the names of the parameters under the prefixes, each once, in the order of
        named_parameters
    raises: ValueError when a prefix covers no parameter; then nothing is frozen
    """
    # Your code here.
    raise NotImplementedError


def _covers(prefix: str, name: str) -> bool:
    """Whether the parameter `name` lies under `prefix`. You may use it or drop it."""
    # Your code here.
    raise NotImplementedError


def replace_head(model: nn.Module, n_classes: int) -> None:
    """Put a new linear layer for `n_classes` classes in the place of `model.head`.

    The new head has a bias, the input width, the dtype and the device of the old one, new weights
    with PyTorch's own initialisation, and is trainable even where the old one was frozen. Nothing
    else changes.
    """
    # Your code here.
    raise NotImplementedError


def fine_tune(
    model: nn.Module, x: torch.Tensor, y: torch.Tensor, steps: int, lr: float
) -> list[float]:
    """Train what is trainable by plain SGD on the mean cross-entropy, on the whole of x each step.

    During training the model is in training mode, except for its frozen layers: a layer that has
    parameters of its own, none of which requires a gradient, stays in evaluation mode. So a frozen
    BatchNorm keeps its running statistics, while a trainable one updates them. Afterwards the
    whole model is in evaluation mode, and the same parameters are trainable as before.

    x: (batch, 6)
    y: (batch,), dtype int64, classes from 0
    returns: the loss of each step, before its update, as floats
    """
    # Your code here.
    raise NotImplementedError
