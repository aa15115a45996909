"""The reference: a sum passed around a ring. SANDGLASS-CANARY-5f1c9e0b7d3a4826915e"""

import torch
import torch.distributed as dist


def ring_sum(x):
    """The sum of all ranks' tensors, on every rank."""
    ### BEGIN SOLUTION
    rank, size = dist.get_rank(), dist.get_world_size()
    total, passing = x.clone(), x
    for _ in range(size - 1):
        got = torch.empty_like(x)
        sent = dist.isend(passing, (rank + 1) % size)
        dist.recv(got, (rank - 1) % size)
        sent.wait()
        total, passing = total + got, got
    return total
    ### END SOLUTION


def plain_sum(xs):
    """The sum of some tensors."""
    ### BEGIN SOLUTION
    return sum(xs)
    ### END SOLUTION
