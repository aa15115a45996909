"""Problem 1: data parallelism and pipeline parallelism.

Functions that say "on each rank" run in several processes at once, joined by torch.distributed.
The default process group is there already: `dist.get_rank()` and `dist.get_world_size()` tell who
you are. A collective must be called by all ranks, in the same order.
"""

import torch
import torch.distributed as dist

# Part 1: data parallelism


def buckets(sizes: list[int], capacity: int) -> list[list[int]]:
    """Group gradients into buckets, in the order in which a backward pass finishes them.

    sizes: the number of elements of each gradient, first layer first
    capacity: how many elements a bucket holds
    returns: the buckets, each a list of indices into `sizes`

    Walk from the last gradient to the first. A gradient joins the open bucket if it still fits;
    otherwise it opens a new one. A gradient larger than the capacity gets a bucket of its own.
    Example: sizes [4, 3, 2, 6] with capacity 8 give [[3, 2], [1, 0]].
    """
    # Your code here.
    raise NotImplementedError


def average_gradients(gradients: list[torch.Tensor], capacity: int) -> list[torch.Tensor]:
    """On each rank: the mean over the ranks of every gradient, by one all_reduce for each bucket.

    gradients: this rank's gradients, all of one dtype; the same shapes on each rank
    returns: new tensors of these shapes, in the same order

    The buckets are those of `buckets`, and go out in that order. All gradients of a bucket travel
    in one flat tensor, which holds nothing else.
    """
    # Your code here.
    raise NotImplementedError


def predict(weights: list[torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """Given: a network of two layers. weights = [w1, b1, w2, b2]; x: (examples, inputs)."""
    w1, b1, w2, b2 = weights
    return torch.tanh(x @ w1 + b1) @ w2 + b2


def data_parallel_step(
    weights: list[torch.Tensor], x: torch.Tensor, y: torch.Tensor, lr: float
) -> tuple[list[torch.Tensor], torch.Tensor]:
    """On each rank: one step of SGD, the same as one process makes on the whole batch.

    weights: those of `predict`, the same on each rank
    x, y: this rank's examples, (n_r, inputs) and (n_r, outputs). The ranks may have different
        numbers of them; a rank without any takes part all the same.
    returns: the new weights, and the loss of the whole batch before the step (a tensor without
        axes); both are the same on each rank, without a graph

    The loss is the mean over all examples of all ranks of the squared error, summed over the
    outputs. Use autograd for the local gradients, and communicate by ONE all_reduce of one flat
    tensor with (number of elements of all weights) + 2 elements. The arguments stay as they are.
    """
    # Your code here.
    raise NotImplementedError


# Part 2: pipeline parallelism


def gpipe_schedule(stages: int, micro_batches: int) -> list[list[str]]:
    """Who computes what at which time step, in GPipe.

    returns: a list with one row for each stage; each row has one entry for each time step: "F0" or
        "B0" (forward or backward of micro-batch 0), or "" where the stage is idle

    Forward and backward of a micro-batch on a stage take one step each. Each stage begins as early
    as its inputs allow. All forwards come first, micro-batch 0 at the front; the backward phase
    begins when the last stage has done all forwards, and takes the micro-batches in the opposite
    order, the last one first. The last row of 2 stages with 2 micro-batches is
    ["", "F0", "F1", "B1", "B0", ""].
    """
    # Your code here.
    raise NotImplementedError


def bubble_fraction(schedule: list[list[str]]) -> float:
    """The share of idle entries in a schedule, of all its entries. Any schedule, not only GPipe."""
    # Your code here.
    raise NotImplementedError


def peak_activations(schedule: list[list[str]]) -> list[int]:
    """For each stage, how many micro-batches' activations it holds at most at one time.

    A stage holds the activations of a micro-batch from its forward up to and including its
    backward. Any schedule, not only GPipe.
    """
    # Your code here.
    raise NotImplementedError


def pipeline_gradient(
    weight: torch.Tensor,
    x: torch.Tensor | None,
    y: torch.Tensor | None,
    shape: tuple[int, int],
    micro_batches: int,
) -> torch.Tensor:
    """On each rank: the gradient of this stage's weight, with one stage of a pipeline on each rank.

    weight: (d, d); stage r computes tanh(h @ weight) from the result h of stage r - 1
    x: (n, d), the input of stage 0, on rank 0; None on the others
    y: (n, d), what the last stage should give, on the last rank; None on the others
    shape: (n, d), on each rank
    micro_batches: m, a divisor of n; micro-batch i is the i-th piece of n / m rows
    returns: (d, d), the gradient of the loss of the whole batch: the squared error, summed over
        the columns, averaged over the n rows

    Communicate by send, recv, isend, irecv or batch_isend_irecv alone: each rank sends each
    micro-batch's result, (n / m, d), to the next, and the gradient of each micro-batch's input,
    (n / m, d), to the one before. All tensors have the dtype of `weight`. There are two ranks or
    more.
    """
    # Your code here.
    raise NotImplementedError
