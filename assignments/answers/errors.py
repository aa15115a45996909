"""The one way in which this package says no."""

from __future__ import annotations

from assignments.names import shown

_SHOWN = 60


class Unreadable(Exception):  # noqa: N818 - it names a state, and reads well in `except`
    """A typed answer cannot be read; the message says what is wrong and how to write it."""


def quoted(text: str) -> str:
    """A piece of what was typed, safe to print and cut to size."""
    safe = shown(" ".join(text.split()))
    return f"“{safe if len(safe) <= _SHOWN else safe[:_SHOWN] + '…'}”"
