"""The node of PyTorch's graph that stands for a call on the other side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.autograd.function import once_differentiable

from runners.wire.errors import ProtocolError

if TYPE_CHECKING:
    from runners.wire.gradients import Gradients


class RemoteResult(torch.autograd.Function):
    """One result of a remote call; its backward runs the other side's backward."""

    @staticmethod
    def connect(
        gradients: Gradients, number: int, output: int, tensor: Any, arguments: list[Any]
    ) -> Any:
        """`tensor` with a graph behind it that ends in the call's `arguments`."""
        # Also when no argument needs gradients the result must: the other side's leaves do.
        anchor = torch.zeros((), requires_grad=True)
        with torch.enable_grad():
            apply: Any = RemoteResult.apply
            return apply(gradients, number, output, tensor.detach(), anchor, *arguments)

    @staticmethod
    def forward(
        ctx: Any,
        gradients: Gradients,
        number: int,
        output: int,
        tensor: Any,
        _anchor: Any,
        *arguments: Any,
    ) -> Any:
        """Give the value that has already arrived."""
        ctx.call = (gradients, number, output, arguments)
        return tensor.view_as(tensor)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Any) -> Any:
        """Ask the other side."""
        gradients, number, output, arguments = ctx.call
        grads = gradients.ask(number, output, grad, len(arguments))
        for argument, answer in zip(arguments, grads, strict=True):
            if answer is not None and (
                not isinstance(answer, torch.Tensor) or answer.shape != argument.shape
            ):
                raise ProtocolError("a gradient of another shape than its tensor")
        return (None, None, None, None, None, *grads)
