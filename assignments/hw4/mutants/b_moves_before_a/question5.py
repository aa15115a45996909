"""Problem 5: parameter-efficient fine-tuning. LoRA as layers, VeRA and adapters as numbers."""

import torch
from torch import nn


class Block(nn.Module):
    """Given: self-attention with one head, and a two-layer network, each with a skip connection."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, 2 * width)
        self.down = nn.Linear(2 * width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: (batch, sequence, width). Returns the same shape."""
        scores = self.query(x) @ self.key(x).transpose(1, 2) / x.shape[2] ** 0.5
        x = x + scores.softmax(dim=2) @ self.value(x)
        return x + self.down(torch.tanh(self.up(x)))


def build_model(seed: int, width: int = 6, blocks: int = 2) -> nn.Module:
    """Given: a model of some blocks and a linear `head`, in float64."""
    torch.manual_seed(seed)
    model = nn.Sequential()
    model.add_module("blocks", nn.Sequential(*[Block(width) for _ in range(blocks)]))
    model.add_module("head", nn.Linear(width, 3))
    return model.double()


def make_linear(weight: torch.Tensor, bias: torch.Tensor | None) -> nn.Linear:
    """Given: a linear layer with this weight, (out, in), and this bias, (out,) or none."""
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
    layer.weight = nn.Parameter(weight.clone())
    if bias is not None:
        layer.bias = nn.Parameter(bias.clone())
    return layer


class LoRALinear(nn.Module):
    """A linear layer that is frozen, plus a trainable product of two small matrices.

        y = base(x) + alpha / rank * (x A^T) B^T

    base: the layer that was there before, none of whose parameters is trainable
    a: (rank, in), trainable; it starts with normal random numbers of the mean 0 and the standard
        deviation 1 / sqrt(in)
    b: (out, rank), trainable; it starts with zeros, so that the layer starts as `base`
    """

    def __init__(self, base: nn.Linear, rank: int, alpha: float) -> None:
        """Wrap `base` itself, not a copy. `a` and `b` are parameters of its dtype and device."""
        super().__init__()
        weight = base.weight
        self.base = base.requires_grad_(False)
        self.scale = alpha / rank
        self.a = nn.Parameter(torch.randn_like(weight[:1].expand(rank, -1)) / weight.shape[1] ** 0.5)
        self.b = nn.Parameter(weight.new_zeros(weight.shape[0], rank))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: (..., in). Returns (..., out). Never forms a matrix of the size of the weight."""
        return self.base(x) + self.scale * ((x @ self.a.T) @ self.b.T)

    def merged(self) -> nn.Linear:
        """A new, plain linear layer that computes the same; this one does not change.

        Its weight is  base.weight + alpha / rank * B A,  its bias that of the base, if there is
        one. It shares no memory with this layer, and its parameters are trainable.
        """
        weight = self.base.weight + self.scale * self.b @ self.a
        bias = self.base.bias
        return make_linear(weight.detach(), None if bias is None else bias.detach())


def add_lora(model: nn.Module, names: list[str], rank: int, alpha: float) -> list[str]:
    """Put a LoRALinear around every linear layer that has one of the names, in place.

    A layer's name is the last part of its dotted name: ["query"] means "blocks.0.query" and
    "blocks.1.query". Afterwards all parameters of the model are frozen but `a` and `b` of the new
    layers.

    returns: the dotted names of the layers, in the order of named_modules
    raises: ValueError when one of the names belongs to no linear layer; then nothing changes
    """
    linear = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]
    last = {name: name.rpartition(".")[2] for name in linear}
    for name in names:
        if name not in last.values():
            raise ValueError(f"no linear layer has the name {name!r}")
    chosen = [name for name in linear if last[name] in names]
    model.requires_grad_(False)
    for name in chosen:
        parent = model.get_submodule(name.rpartition(".")[0])
        setattr(parent, last[name], LoRALinear(model.get_submodule(name), rank, alpha))
    return chosen


def merge_lora(model: nn.Module) -> None:
    """Replace every LoRALinear inside of `model` by its `merged` layer, in place."""
    wrapped = [name for name, module in model.named_modules() if isinstance(module, LoRALinear)]
    for name in wrapped:
        path, _, last = name.rpartition(".")
        setattr(model.get_submodule(path), last, model.get_submodule(name).merged())


def fine_tune(
    model: nn.Module, x: torch.Tensor, y: torch.Tensor, steps: int, lr: float
) -> list[float]:
    """Train the trainable parameters by plain SGD on the mean squared error, all of x each step.

    Each step computes all gradients with the weights before the step. No other parameter moves, and
    none changes whether it is trainable.

    x: what the model takes
    y: of the shape of model(x)
    returns: the loss of each step, before its update, as floats
    """
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    losses = []
    for _ in range(steps):
        loss = nn.functional.mse_loss(model(x), y)
        for parameter in reversed(trainable):
            (gradient,) = torch.autograd.grad(nn.functional.mse_loss(model(x), y), [parameter])
            with torch.no_grad():
                parameter -= lr * gradient
        losses.append(loss.item())
    return losses


def vera_delta(
    a: torch.Tensor, b: torch.Tensor, d: torch.Tensor, v: torch.Tensor
) -> torch.Tensor:
    """What VeRA adds to a weight:  diag(v) B diag(d) A.

    A and B are random, frozen and shared by all layers; each layer trains only d and v.

    a: (rank, in)
    b: (out, rank)
    d: (rank,)
    v: (out,)
    returns: (out, in)
    """
    return (v[:, None] * b * d) @ a


def lora_count(shapes: list[tuple[int, int]], rank: int) -> int:
    """How many parameters LoRA trains on weights of these shapes (out, in)."""
    return sum(rank * (out + into) for out, into in shapes)


def adapter_count(width: int, bottleneck: int, adapters: int) -> int:
    """How many parameters so many adapters have.

    An adapter is a linear layer from `width` to `bottleneck` and one back, both with a bias.
    """
    return adapters * (2 * width * bottleneck + bottleneck + width)


def vera_count(shapes: list[tuple[int, int]], rank: int) -> int:
    """How many parameters VeRA trains on weights of these shapes (out, in)."""
    return sum(rank + out for out, _ in shapes)


def vera_bytes(shapes: list[tuple[int, int]], rank: int, element: int) -> int:
    """How many bytes VeRA adds to a model in memory, with `element` bytes for each number.

    The trained vectors of all layers, and ONE pair of shared matrices, large enough for the largest
    `in` and the largest `out` of all shapes: a smaller layer uses a part of them.
    """
    shared = rank * (max(out for out, _ in shapes) + max(into for _, into in shapes))
    return element * (vera_count(shapes, rank) + shared)


def training_bytes(frozen: int, trainable: int) -> int:
    """Bytes of a model in training with Adam in mixed precision, without activations.

    Every parameter is there in 2 bytes. A trainable one has a gradient in 2 bytes as well, and a
    copy of itself, a first and a second moment in 4 bytes each.

    frozen, trainable: numbers of parameters
    """
    return 2 * frozen + (2 + 2 + 3 * 4) * trainable
