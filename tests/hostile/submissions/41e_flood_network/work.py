"""Sends without end what nobody receives, in many small and in some large messages."""

import torch
import torch.distributed as dist
from honest import plain_sum


def ring_sum(x):
    other = (dist.get_rank() + 1) % dist.get_world_size()
    size = 1 if dist.get_rank() % 2 else 4 * 1024 * 1024
    while True:
        dist.isend(torch.zeros(size), other)
