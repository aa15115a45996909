"""What can go wrong on the wire.

Exception
├── EncodeError      this side's value cannot be said on the wire
├── ProtocolError    the other side broke the rules; nothing it says counts any more
└── ChannelClosed    the other side is gone
"""

from __future__ import annotations


class EncodeError(Exception):
    """A value cannot cross: too large, too deep, cyclic, or of a kind that is not plain data."""


class ProtocolError(Exception):
    """The other side sent bytes that no honest peer sends."""


class ChannelClosed(Exception):  # noqa: N818 - an event, seen as an error only by who waits
    """The other side ended."""
