"""Problem 4: the collectives of data-parallel training, written with sends and receives.

Every function but `padded_chunks` and `ring_seconds` runs on all ranks at once, with
`torch.distributed` started. Use nothing of it but `get_rank`, `get_world_size`, `send`, `recv`,
`isend`, `irecv` and `batch_isend_irecv` (with `P2POp`): the collectives are yours to write.

The ranks form a ring: each sends only to the next rank, `(rank + 1) % size`, and receives only
from the one before, `(rank - 1) % size`. No function may change its arguments.
"""

import torch
import torch.distributed as dist


def padded_chunks(x: torch.Tensor, size: int) -> torch.Tensor:
    """Cut a tensor into `size` chunks of equal length, the last ones filled up with zeros.

    The chunk length is c = ceil(elements of x / size). Row r of the result holds the elements
    r c, ..., (r + 1) c - 1 of the flattened `x`, and zeros where `x` has ended.

    x: any shape, at least one element
    returns: (size, c), a new tensor of the dtype of x
    """
    # Your code here.
    raise NotImplementedError


def pass_on(piece: torch.Tensor) -> torch.Tensor:
    """Send `piece` to the next rank, and return what the rank before sent.

    A `send` may wait until its receiver is ready. If all ranks send first, all wait for ever:
    start one of the two operations without waiting for it (`isend`, `irecv`), or let the two
    happen together (`batch_isend_irecv`).

    piece: of the same shape and dtype on all ranks, of which there are at least two; contiguous
    returns: a new tensor like `piece`
    """
    # Your code here.
    raise NotImplementedError


def ring_reduce_scatter(x: torch.Tensor) -> torch.Tensor:
    """Add up `x` over the ranks; rank r keeps chunk r of the sum.

    The chunks are those of `padded_chunks(x, size)`. In each of size - 1 steps each rank passes on
    one chunk, in the dtype of `x`, and adds what it receives to its own chunk of that number. So
    each rank sends size - 1 messages of c elements.

    x: of the same shape and dtype on all ranks
    returns: (c,), row r of the chunks of the sum (with the padding, where there is some)
    """
    # Your code here.
    raise NotImplementedError


def ring_all_gather(piece: torch.Tensor) -> torch.Tensor:
    """Give every rank the pieces of all ranks, in the order of the ranks.

    In each of size - 1 steps each rank passes on what it received in the step before, at first its
    own piece. So each rank sends size - 1 messages of c elements.

    piece: (c,), of the same length and dtype on all ranks
    returns: (size * c,), the same on all ranks
    """
    # Your code here.
    raise NotImplementedError


def ring_all_reduce(x: torch.Tensor) -> torch.Tensor:
    """Add up `x` over the ranks; every rank gets the whole sum.

    A reduce-scatter, then an all-gather of what each rank kept, then the padding goes. So each
    rank sends 2 (size - 1) messages of c elements, with c as in `padded_chunks`.

    x: of the same shape and dtype on all ranks, at least one element
    returns: a new tensor like `x`, the same on all ranks
    """
    # Your code here.
    raise NotImplementedError


def ring_seconds(
    elements: int, itemsize: int, size: int, latency: float, bandwidth: float
) -> float:
    """How long `ring_all_reduce` takes by the usual model.

    A message takes `latency` seconds, and its bytes divided by `bandwidth`. The messages of one
    step travel at the same time; one step follows the other. Adding up costs nothing. A message has
    c elements, padding included; a rank that is alone sends none.

    elements: of the tensor on each rank; itemsize: bytes for each element; size: number of ranks
    latency: in seconds; bandwidth: in bytes per second
    """
    # Your code here.
    raise NotImplementedError
