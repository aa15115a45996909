"""Problem 2: a two-layer network, trained by SGD with gradients written by hand.

Do not use automatic differentiation in this problem: no `requires_grad`, no `torch.autograd`, no
`.backward()` of a tensor, no `torch.optim`. Your code must work for float32 and for float64.
"""

from collections.abc import Callable

import torch


def relu(z: torch.Tensor) -> torch.Tensor:
    """The larger of `z` and 0, element by element.

    z: any shape
    returns: a new tensor of the same shape and dtype
    """
    return torch.where(z > 0, z, torch.zeros_like(z))


def relu_derivative(z: torch.Tensor) -> torch.Tensor:
    """The derivative of `relu`. In this course its value at exactly 0 is 1.

    z: any shape
    returns: a new tensor of the same shape and dtype, of zeros and ones
    """
    return (z >= 0).to(z.dtype)


def mse_loss(prediction: torch.Tensor, target: torch.Tensor) -> tuple[float, torch.Tensor]:
    """Half the squared error, summed over the outputs and averaged over the batch.

    loss = 1 / (2 batch) * sum over i and k of (prediction[i, k] - target[i, k]) ** 2

    prediction: (batch, outputs)
    target: (batch, outputs)
    returns: the loss as a Python float, and its gradient with respect to `prediction`,
        (batch, outputs)
    """
    error = prediction - target
    batch = prediction.shape[0]
    return float((error**2).sum() / (2 * batch)), error


class TwoLayerMLP:
    """prediction = w2 relu(w1 x + b1) + b2, for each row x of a batch.

    w1: (hidden, inputs)    b1: (hidden,)
    w2: (outputs, hidden)   b2: (outputs,)
    """

    def __init__(
        self,
        inputs: int,
        hidden: int,
        outputs: int,
        seed: int = 0,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        """Draw the weights with He's scale; the biases are zero. Given: leave it as it is."""
        generator = torch.Generator().manual_seed(seed)
        self.w1 = torch.randn(hidden, inputs, generator=generator, dtype=dtype)
        self.w1 *= (2 / inputs) ** 0.5
        self.b1 = torch.zeros(hidden, dtype=dtype)
        self.w2 = torch.randn(outputs, hidden, generator=generator, dtype=dtype)
        self.w2 *= (2 / hidden) ** 0.5
        self.b2 = torch.zeros(outputs, dtype=dtype)
        self.grads: dict[str, torch.Tensor] = {}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Predict, and keep on `self` whatever `backward` will need.

        x: (batch, inputs)
        returns: (batch, outputs)
        """
        self.x = x
        self.z = x @ self.w1.T + self.b1
        self.h = relu(self.z)
        return self.h @ self.w2.T + self.b2

    def backward(self, gradient: torch.Tensor) -> dict[str, torch.Tensor]:
        """The gradients of the loss with respect to the four parameters.

        Belongs to the latest `forward`. The result replaces `self.grads`: nothing of an earlier
        call is left in it. The parameters do not change.

        gradient: (batch, outputs), the gradient of the loss with respect to the prediction
        returns: self.grads, with the keys "w1", "b1", "w2", "b2", each of its parameter's shape
        """
        hidden = (gradient @ self.w2) * relu_derivative(self.z)
        self.grads = {
            "w1": hidden.T @ self.x,
            "b1": hidden.sum(dim=0),
            "w2": gradient.T @ self.h,
            "b2": gradient.sum(dim=0),
        }
        return self.grads

    def sgd_step(self, x: torch.Tensor, y: torch.Tensor, lr: float) -> float:
        """One step of SGD on `mse_loss` of one batch: each parameter moves by -lr * its gradient.

        All four gradients belong to the parameters as they were before the step.

        x: (batch, inputs)
        y: (batch, outputs)
        returns: the loss before the step
        """
        loss, gradient = mse_loss(self.forward(x), y)
        for name, grad in self.backward(gradient).items():
            setattr(self, name, getattr(self, name) - lr * grad)
        return loss


def sample_batch(
    x: torch.Tensor, y: torch.Tensor, batch_size: int, seed: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw `batch_size` examples at random, independently and WITH replacement.

    One example may be drawn several times, and `batch_size` may be larger than `n`. The same seed
    gives the same batch, whatever was drawn before.

    x: (n, inputs)
    y: (n, outputs)
    returns: (batch_size, inputs) and (batch_size, outputs); row i of both is the same example
    """
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randint(x.shape[0], (batch_size,), generator=generator)
    return x[rows], y[rows]


def train(
    model: TwoLayerMLP,
    x: torch.Tensor,
    y: torch.Tensor,
    steps: int,
    batch_size: int,
    lr: float,
    seed: int,
    on_step: Callable[[int, float], bool | None],
) -> list[float]:
    """Train `model` in place for `steps` steps, counted from 0.

    Step t draws its batch with `sample_batch(x, y, batch_size, seed + t)`, does one `sgd_step`
    and then calls `on_step(t, loss)`. Training ends early when `on_step` returns True.

    x: (n, inputs)
    y: (n, outputs)
    returns: the losses of the steps that were done
    """
    losses = []
    for step in range(steps):
        batch_x, batch_y = sample_batch(x, y, batch_size, seed + step)
        losses.append(model.sgd_step(batch_x, batch_y, lr))
        if on_step(step, losses[-1]):
            break
    return losses
