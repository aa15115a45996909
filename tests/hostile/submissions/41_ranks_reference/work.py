"""A sum passed around a ring."""

import torch
import torch.distributed as dist


def ring_sum(x):
    """The sum of all ranks' tensors, on every rank."""
    rank, size = dist.get_rank(), dist.get_world_size()
    total, passing = x.clone(), x
    for _ in range(size - 1):
        got = torch.empty_like(x)
        sent = dist.isend(passing, (rank + 1) % size)
        dist.recv(got, (rank - 1) % size)
        sent.wait()
        total, passing = total + got, got
    return total


def plain_sum(xs):
    """The sum of some tensors."""
    return sum(xs)
