"""What each collective operation gives each rank, computed from what all ranks put in.

An operation is a list of pieces for each rank going in and a list of pieces coming out; what
tensors of its own a rank cuts into pieces, and copies them into, is the rank's business.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

import torch

Pieces = list[torch.Tensor]

REDUCTIONS: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "SUM": torch.add,
    "AVG": torch.add,
    "PRODUCT": torch.mul,
    "MIN": torch.minimum,
    "MAX": torch.maximum,
    "BAND": torch.bitwise_and,
    "BOR": torch.bitwise_or,
    "BXOR": torch.bitwise_xor,
}
COLLECTIVES = frozenset(
    {
        "all_reduce",
        "all_gather",
        "all_gather_into_tensor",
        "reduce_scatter",
        "reduce_scatter_tensor",
        "all_to_all",
        "all_to_all_single",
        "broadcast",
        "scatter",
        "gather",
        "reduce",
        "barrier",
    }
)
REDUCING = frozenset({"all_reduce", "reduce_scatter", "reduce_scatter_tensor", "reduce"})
ROOTED = frozenset({"broadcast", "scatter", "gather", "reduce"})


def pieces_wanted(name: str, rank: int, size: int, root: int) -> int:
    """How many pieces a rank puts in."""
    if name in ("reduce_scatter", "reduce_scatter_tensor", "all_to_all", "all_to_all_single"):
        return size
    if name in ("broadcast", "scatter"):
        return (1 if name == "broadcast" else size) if rank == root else 0
    return 0 if name == "barrier" else 1


def combine(name: str, given: Sequence[Pieces], reduction: str, root: int) -> list[Pieces]:
    """What comes out for each rank. Raises `ValueError` where the ranks' pieces do not fit."""
    return [_for_rank(name, given, rank, reduction, root) for rank in range(len(given))]


def _for_rank(  # noqa: PLR0911 - a table, read downwards
    name: str, given: Sequence[Pieces], rank: int, reduction: str, root: int
) -> Pieces:
    if name in ("reduce", "gather") and rank != root:
        return []
    match name:
        case "all_reduce" | "reduce":
            return [_reduced(given, 0, reduction)]
        case "reduce_scatter" | "reduce_scatter_tensor":
            return [_reduced(given, rank, reduction)]
        case "all_gather" | "all_gather_into_tensor" | "gather":
            return [pieces[0] for pieces in given]
        case "all_to_all" | "all_to_all_single":
            return [pieces[rank] for pieces in given]
        case "broadcast":
            return [given[root][0]]
        case "scatter":
            return [given[root][rank]]
    return []


def _reduced(given: Sequence[Pieces], index: int, reduction: str) -> torch.Tensor:
    """The ranks' pieces of this index, combined in the order of the ranks."""
    column = [pieces[index].flatten() for pieces in given]
    for rank, piece in enumerate(column):
        if piece.shape != column[0].shape or piece.dtype != column[0].dtype:
            raise ValueError(
                f"rank 0 gives {size_of(column[0])}, rank {rank} gives {size_of(piece)}"
            )
    try:
        result = reduce(REDUCTIONS[reduction], column)
        if reduction != "AVG":
            return result
        whole = not (result.is_floating_point() or result.is_complex())
        return torch.div(result, len(given), rounding_mode="trunc" if whole else None)
    except RuntimeError as error:  # this element type cannot be combined so
        raise ValueError(str(error)) from error


def size_of(tensor: torch.Tensor) -> str:
    """`6 elements of float32`."""
    return f"{tensor.numel()} elements of {str(tensor.dtype).removeprefix('torch.')}"
