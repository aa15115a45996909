"""The bounds that keep a hostile message from costing the trusted side time or memory."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caps:
    """Bounds of one message. The defaults fit a course's homeworks.

    `keys` bounds each dict and set, and for keys other than text, whose hashes an attacker can
    choose, a whole message: 50,000 colliding integers take over a minute to insert, 5,000 take
    under a second.
    """

    frame_bytes: int = 64 * 1024**2
    depth: int = 32
    nodes: int = 200_000
    keys: int = 5_000
    integer_bytes: int = 512
    string_bytes: int = 1024**2
    dimensions: int = 16


DEFAULT_CAPS = Caps()
