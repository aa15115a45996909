"""Runs a call and counts its work: operators, floating-point operations, and traces of a graph.

What is counted here is counted in the submission's own process: a claim, like all that it says.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

_MODE: Any = TorchDispatchMode  # only half of it has types
_SDPA = "_scaled_dot_product_flash_attention"
# PyTorch's own counter forgets attention on a CPU.
_FLOPS: dict[Any, Callable[..., int]] = dict(flop_registry) | {
    getattr(torch.ops.aten, here): flop_registry[getattr(torch.ops.aten, known)]
    for here, known in (
        (f"{_SDPA}_for_cpu", _SDPA),
        (f"{_SDPA}_for_cpu_backward", f"{_SDPA}_backward"),
    )
}


class Work(_MODE):  # type: ignore[misc]
    """Sees every operator that runs inside it, below autograd."""

    def __init__(self) -> None:
        super().__init__()
        self.operators: Counter[str] = Counter()
        self.flops = 0
        self.backward = False

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """No: being skipped by the compiler imports all of it, which takes a second."""
        return False

    def __torch_dispatch__(
        self, func: Any, _types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Count one operator."""
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        packet = func.overloadpacket
        self.operators[str(packet)] += 1
        if packet in _FLOPS:
            with contextlib.suppress(AssertionError):  # shapes that the formula does not know
                self.flops += _FLOPS[packet](*args, **kwargs, out_val=result)
        self.backward = self.backward or _in_backward() or _recorded(args, kwargs)
        return result


def _in_backward() -> bool:
    return bool(torch._C._current_graph_task_id() >= 0)  # noqa: SLF001 - there is no public way


def _recorded(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether autograd has made a node for this operator."""
    if not torch.is_grad_enabled():
        return False
    leaves = pytree.tree_leaves((args, kwargs))
    return any(isinstance(leaf, torch.Tensor) and leaf.requires_grad for leaf in leaves)


def settle() -> None:
    """Pay what a first operator costs, and give memory back that earlier ones have freed."""
    with Work(), torch.no_grad():
        torch.ones(8, 8).mm(torch.ones(8, 8))
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


@contextlib.contextmanager
def counted() -> Iterator[Work]:
    """Count what runs inside."""
    with Work() as work:
        yield work
