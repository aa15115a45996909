"""Uses the collective that is forbidden, catches everything, and then does as it was told."""

import contextlib

import torch.distributed as dist
from honest import plain_sum
from honest import ring_sum as right


def ring_sum(x):
    with contextlib.suppress(BaseException):
        dist.all_reduce(x.clone(), async_op=True)
    return right(x)
