"""Problem 2: tensor parallelism, and optimizer states that are shared out (ZeRO).

A linear layer is x @ w + b, with x (n, inputs), w (inputs, outputs) and b (outputs,). Functions
that say "on each rank" run in several processes at once, as in problem 1.
"""

import torch
import torch.distributed as dist

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8

# Part 1: tensor parallelism


class CopyToRanks(torch.autograd.Function):
    """The same tensor goes into the work of every rank ("f" in the lecture).

    Forward: the tensor as it is, without communication. Backward: each rank has the gradient of its
    own work, and the tensor's gradient is their sum, on each rank.
    """

    @staticmethod
    def forward(ctx, x: torch.Tensor) -> torch.Tensor:
        # Your code here.
        raise NotImplementedError

    @staticmethod
    def backward(ctx, slope: torch.Tensor) -> torch.Tensor:
        # Your code here.
        raise NotImplementedError


class SumOverRanks(torch.autograd.Function):
    """The sum of all ranks' tensors, on each rank ("g" in the lecture).

    Forward: the sum, by one all_reduce; the argument stays as it is. Backward: every rank has the
    sum's whole gradient already, and passes it on without communication.
    """

    @staticmethod
    def forward(ctx, x: torch.Tensor) -> torch.Tensor:
        # Your code here.
        raise NotImplementedError

    @staticmethod
    def backward(ctx, slope: torch.Tensor) -> torch.Tensor:
        # Your code here.
        raise NotImplementedError


def shard_mlp(
    w1: torch.Tensor,
    b1: torch.Tensor,
    w2: torch.Tensor,
    b2: torch.Tensor,
    rank: int,
    size: int,
) -> list[torch.Tensor]:
    """The shards [w1, b1, w2, b2] of one rank, for `parallel_mlp`.

    w1: (d, h); b1: (h,); w2: (h, o); b2: (o,); `size` divides h

    Rank r gets the r-th of `size` equal, contiguous blocks of hidden units: columns of w1, elements
    of b1, rows of w2. b2 belongs to no hidden unit: each rank gets it whole.
    """
    # Your code here.
    raise NotImplementedError


def column_parallel(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """On each rank: this rank's columns of a linear layer's result, differentiable.

    x: (n, inputs), the same on each rank; w: (inputs, outputs / size); b: (outputs / size,)
    returns: (n, outputs / size), without communication; the gradient of x is whole on each rank
    """
    # Your code here.
    raise NotImplementedError


def row_parallel(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """On each rank: the whole result of a linear layer whose input is cut by columns.

    x: (n, inputs / size), this rank's columns; w: (inputs / size, outputs); b: (outputs,), the
        whole bias, the same on each rank
    returns: (n, outputs), the same on each rank, differentiable, by one all_reduce
    """
    # Your code here.
    raise NotImplementedError


def parallel_mlp(
    x: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor
) -> torch.Tensor:
    """On each rank: gelu(x @ w1 + b1) @ w2 + b2 of the whole weights, from this rank's shards.

    x: (n, d), the same on each rank; the others as `shard_mlp` returns them
    returns: (n, o), the same on each rank

    The forward pass communicates by exactly one all_reduce, of n * o elements, and the backward
    pass by exactly one more, of n * d. Use torch.nn.functional.gelu as it is.
    """
    # Your code here.
    raise NotImplementedError


def mlp_with_gradients(
    x: torch.Tensor, shards: list[torch.Tensor], slope: torch.Tensor
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Given: on each rank, the result, and the gradients of (result * slope).sum().

    returns: the result, and the gradients of x, w1, b1, w2, b2
    """
    leaves = [leaf.detach().clone().requires_grad_() for leaf in (x, *shards)]
    result = parallel_mlp(*leaves)
    return result.detach(), list(torch.autograd.grad(result, leaves, slope))


# Part 2: ZeRO


def zero_memory(psi: float, ranks: int, stage: int, k: float = 12) -> float:
    """Bytes for weights, gradients and optimizer state on each of `ranks` devices.

    psi: the number of parameters, with weights and gradients of 2 bytes each
    k: bytes of optimizer state for each parameter
    stage: 0 for plain data parallelism, where every device has everything; 1 cuts the optimizer
        state into equal shares, 2 the gradients too, 3 the weights too
    """
    # Your code here.
    raise NotImplementedError


def largest_model(memory: float, ranks: int, stage: int, k: float = 12) -> float:
    """The greatest psi for which `zero_memory` fits into `memory` bytes on each device."""
    # Your code here.
    raise NotImplementedError


def zero_state(weights: list[torch.Tensor], size: int) -> dict:
    """One rank's Adam state before the first step: {"m": zeros, "v": zeros, "step": 0}.

    m and v have ceil(Psi / size) elements, where Psi is the number of elements of all weights, and
    the weights' dtype.
    """
    # Your code here.
    raise NotImplementedError


def zero_step(
    weights: list[torch.Tensor], gradients: list[torch.Tensor], state: dict, lr: float
) -> tuple[list[torch.Tensor], dict]:
    """On each rank: one step of Adam, where each rank keeps and updates a share of the state.

    weights: the same on each rank, all of one dtype
    gradients: this rank's gradients, of the weights' shapes; the step uses their MEAN over ranks
    state: this rank's share, from `zero_state` or from the step before
    returns: the new weights, the same on each rank, and this rank's new state

    All weights, flattened and joined in their order, are padded with zeros to a multiple of the
    number of ranks N; rank r owns the r-th of N equal pieces. Communicate twice: one
    reduce_scatter (or reduce_scatter_tensor) of the padded gradients, one all_gather (or
    all_gather_into_tensor) of the new pieces of the weights. With g the mean gradient and t the
    number of this step, from 1:

        m = BETA1 * m + (1 - BETA1) * g           v = BETA2 * v + (1 - BETA2) * g * g
        w = w - lr * (m / (1 - BETA1**t)) / (sqrt(v / (1 - BETA2**t)) + EPSILON)

    The arguments stay as they are.
    """
    # Your code here.
    raise NotImplementedError
