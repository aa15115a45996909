"""Keeps tensors differentiable across the wire, to first order.

The caller's tensors that need gradients are numbered from 1 when they are sent; the callee makes
leaves of them. Results that hang on a graph are numbered from 1 on the way back; the caller hangs
each on a node whose backward asks the callee for one backward pass of its own graph. Leaves of
the callee (a model's parameters) carry numbers from `LEAF` on: after a backward pass the caller's
copies get the callee's `.grad`.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from typing import Any

from runners.wire.errors import ProtocolError

LEAF = 2**31
AskBackward = Callable[[int, int, Any], Any]


def grad_enabled() -> bool:
    """Whether this side records graphs now; the callee follows."""
    torch = sys.modules.get("torch")
    return torch is not None and bool(torch.is_grad_enabled())


class CallTensors:
    """The tensors of one call, on one of its two sides."""

    def __init__(self, gradients: Gradients | None, number: int, *, calling: bool) -> None:
        self._gradients = gradients
        self._number = number
        self._calling = calling
        self._arguments: list[Any] = []
        self._numbers: dict[int, int] = {}
        self._results: list[Any] = []

    @classmethod
    def none(cls) -> CallTensors:
        """For messages that are not yet known to belong to a call."""
        return cls(None, 0, calling=False)

    def sent(self, tensor: Any) -> int:
        """The number to send with a tensor."""
        if self._gradients is None or not tensor.requires_grad:
            return 0
        known = self._numbers.get(id(tensor))
        if known is not None:
            return known
        if self._calling:
            return self._remember(self._arguments, tensor)
        if tensor.is_leaf:
            return self._gradients.leaf_sent(tensor)
        number = self._remember(self._results, tensor)
        self._gradients.keep(self._number, self._arguments, self._results)
        return number

    def received(self, tensor: Any, number: int) -> Any:
        """Connect a received tensor to this side's graph."""
        if self._gradients is None or not tensor.requires_grad:
            raise ProtocolError("a gradient where none was asked for")
        if not self._calling:
            return self._argument(tensor, number)
        if number >= LEAF:
            self._gradients.leaf_received(number, tensor)
            return tensor
        return self._gradients.connect(self._number, number, tensor, self._arguments)

    def _argument(self, tensor: Any, number: int) -> Any:
        if 1 <= number <= len(self._arguments):  # given twice: it is one tensor here too
            return self._arguments[number - 1]
        if number != len(self._arguments) + 1:
            raise ProtocolError("arguments are numbered from 1, without a gap")
        self._remember(self._arguments, tensor)
        return tensor

    def _remember(self, tensors: list[Any], tensor: Any) -> int:
        tensors.append(tensor)
        self._numbers[id(tensor)] = len(tensors)
        return len(tensors)


class Gradients:
    """The graphs that one peer keeps for the other."""

    def __init__(self, ask_backward: AskBackward) -> None:
        self._ask_backward = ask_backward
        self._kept: dict[int, tuple[list[Any], list[Any]]] = {}
        self._leaves: list[Any] = []
        self._copies: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()

    def calling(self, number: int) -> CallTensors:
        """The tensors of a call that this side makes."""
        return CallTensors(self, number, calling=True)

    def called(self, number: int) -> CallTensors:
        """The tensors of a call that this side answers."""
        return CallTensors(self, number, calling=False)

    def keep(self, number: int, arguments: list[Any], results: list[Any]) -> None:
        """Hold a call's tensors for a later backward pass."""
        self._kept[number] = (arguments, results)

    def leaf_sent(self, tensor: Any) -> int:
        """The number of a leaf of this side."""
        for index, leaf in enumerate(self._leaves):
            if leaf is tensor:
                return LEAF + index
        self._leaves.append(tensor)
        return LEAF + len(self._leaves) - 1

    def leaf_received(self, number: int, tensor: Any) -> None:
        """Remember this side's copy of a leaf of the other side."""
        self._copies[number] = tensor

    def connect(self, number: int, output: int, tensor: Any, arguments: list[Any]) -> Any:
        """Hang a received tensor on a node that asks the other side for its backward pass."""
        from runners.wire.autograd import RemoteResult  # noqa: PLC0415 - needs torch

        return RemoteResult.connect(self, number, output, tensor, arguments)

    def ask(self, number: int, output: int, grad: Any, count: int) -> list[Any]:
        """One backward pass over there: the gradients of the call's `count` arguments."""
        answer = self._ask_backward(number, output, grad)
        if type(answer) is not tuple or len(answer) != 2:  # noqa: PLR2004
            raise ProtocolError("malformed gradients")
        grads, leaves = answer
        if type(grads) is not list or len(grads) != count or type(leaves) is not list:
            raise ProtocolError("malformed gradients")
        for entry in leaves:
            if type(entry) is not tuple or len(entry) != 2:  # noqa: PLR2004
                raise ProtocolError("malformed gradients")
            self._set_grad(*entry)
        return grads

    def _set_grad(self, number: Any, grad: Any) -> None:
        copy = self._copies.get(number) if type(number) is int else None
        if copy is None or not hasattr(grad, "shape") or copy.shape != grad.shape:
            return
        copy.grad = grad.to(copy.dtype)

    def backward(self, extra: tuple[Any, ...], values: list[Any]) -> Any:
        """Run the backward pass that the other side asks for.

        Returns the gradients of the call's arguments and of every leaf that was shown.
        """
        torch = sys.modules["torch"]
        number, output = extra[:2]
        arguments, results = self._kept.get(number, ([], []))
        if type(output) is not int or not 1 <= output <= len(results) or len(values) != 1:
            raise ProtocolError("a backward pass of a call that is not known")
        before = [tensor.grad for tensor in arguments]
        for tensor in arguments:
            tensor.grad = None
        with torch.enable_grad():
            torch.autograd.backward(results[output - 1], values[0], retain_graph=True)
        grads = [tensor.grad for tensor in arguments]
        for tensor, grad in zip(arguments, before, strict=True):
            tensor.grad = grad
        shown = [
            (LEAF + index, leaf.grad)
            for index, leaf in enumerate(self._leaves)
            if leaf.grad is not None
        ]
        return grads, shown
