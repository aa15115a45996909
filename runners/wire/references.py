"""How the codec treats what is not plain data: each side plugs in its own `References`."""

from __future__ import annotations

from typing import Any, Protocol

from runners.wire.errors import EncodeError, ProtocolError

Reference = tuple[Any, ...]
"""Plain data that names an object of one side, such as `("handle", b"…16 bytes…")`."""


class References(Protocol):
    """One side's view of objects that stay where they are, and of tensors that need gradients."""

    def name(self, value: object) -> Reference | None:
        """The reference to send for `value`; None when `value` cannot be named either."""

    def alias(self, value: object) -> Reference | None:
        """A reference to send in place of plain data, such as "your second argument"."""

    def resolve(self, reference: Reference) -> object:
        """The object that a received reference names. Raises `ProtocolError` when there is none."""

    def tensor_sent(self, tensor: Any) -> int:
        """A number by which the receiver can ask for this tensor's gradient; 0 for none."""

    def tensor_received(self, tensor: Any, number: int) -> Any:
        """Attach a received tensor that carries a number to the graph of this side."""


class PlainOnly:
    """References for messages that hold plain data and nothing else."""

    def name(self, value: object) -> Reference | None:
        """Nothing can be named."""
        raise EncodeError(f"{type(value).__name__} is not plain data")

    def alias(self, value: object) -> Reference | None:  # noqa: ARG002
        """Nothing is an alias."""
        return None

    def resolve(self, reference: Reference) -> object:
        """Nothing can be resolved."""
        raise ProtocolError(f"unexpected reference {str(reference)[:80]}")

    def tensor_sent(self, tensor: Any) -> int:  # noqa: ARG002
        """No gradients."""
        return 0

    def tensor_received(self, tensor: Any, number: int) -> Any:  # noqa: ARG002
        """No gradients."""
        raise ProtocolError("a gradient where none was asked for")


PLAIN = PlainOnly()
