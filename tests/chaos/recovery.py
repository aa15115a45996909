"""How long the service took to recover from each fault, told at the end of a run of the tests."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_TITLE = "recovered from"


@dataclass
class Recoveries:
    """What was seen in this run, in order."""

    seen: list[tuple[str, float]] = field(default_factory=list)

    @contextmanager
    def of(self, fault: str) -> Iterator[None]:
        """The block begins with the fault, and ends when everything is as it should be."""
        began = time.monotonic()
        yield
        self.seen.append((fault, time.monotonic() - began))

    def lines(self) -> list[str]:
        """A table for people."""
        width = max((len(fault) for fault, _ in self.seen), default=0)
        return [f"{fault:{width}}  {seconds:6.1f} s" for fault, seconds in sorted(self.seen)]
