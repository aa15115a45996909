"""The fixture `measure`: what a call of the submission costs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch.utils import _pytree as pytree

from runners.judge.errors import HandleMisuse, SuiteFault
from runners.judge.proxies import Proxy

if TYPE_CHECKING:
    from runners.judge.guests import Guests

MAX_KEPT_BYTES = 64 * 1024**2


@dataclass(frozen=True)
class Run:
    """One measured call. Operators, flops and backward are counted, and claimed, by the guest."""

    result: Any
    flops: int
    operators: dict[str, int]
    backward: bool
    """Whether autograd recorded a graph or ran one backward."""
    peak_bytes: int
    """How far the process' memory grew, at most; read outside it."""
    seconds: float


@dataclass
class Counted:
    """A function of the check that counts its calls, wherever they come from."""

    function: Callable[..., Any]
    count: int = 0
    arguments: list[tuple[Any, ...]] = field(default_factory=list)
    """The positional arguments of each call, as they were when it began."""
    named: list[dict[str, Any]] = field(default_factory=list)
    kept_bytes: int = 0

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Count, and call the function."""
        self.count += 1
        tensors = [leaf for leaf in pytree.tree_leaves((arguments, named)) if _is_tensor(leaf)]
        self.kept_bytes += sum(tensor.numel() * tensor.element_size() for tensor in tensors)
        if self.kept_bytes > MAX_KEPT_BYTES:
            raise AssertionError(f"called with more than {MAX_KEPT_BYTES >> 20} MiB in all")
        given = pytree.tree_map(_copied, (arguments, named))
        self.arguments.append(given[0])
        self.named.append(given[1])
        return self.function(*arguments, **named)


class Measure:
    """Measures calls of the submission in the running check's process."""

    def __init__(self, guests: Guests) -> None:
        self._guests = guests

    def __call__(self, function: Any, *arguments: Any, **named: Any) -> Run:
        """Call `function` and tell what it cost."""
        if type(function) is not Proxy:
            raise SuiteFault("measure takes a function of the submission")
        self._guests.ask("settle")
        before = self._guests.memory(reset=True)
        begun = time.monotonic()
        answer = self._guests.ask("measured", (), function, *arguments, **named)
        seconds = time.monotonic() - begun
        peak = self._guests.memory(reset=False)["peak"] - before["peak"]
        match answer:
            case (result, int(flops), dict(operators), bool(backward)):
                return Run(result, flops, operators, backward, max(peak, 0), seconds)
        raise HandleMisuse("the counts of the call did not arrive")

    @staticmethod
    def calls(function: Callable[..., Any]) -> Counted:
        """Wrap a function of the check: what the submission calls is counted here."""
        return Counted(function)


def _is_tensor(value: Any) -> bool:
    return isinstance(value, torch.Tensor)


def _copied(value: Any) -> Any:
    return value.detach().clone() if _is_tensor(value) else value
