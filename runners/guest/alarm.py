"""A soft time limit inside the guest. The hard one is the judge's: it kills the process."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType


class CellTimeout(BaseException):
    """A cell ran too long. No `Exception`, so that a bare `except Exception` does not stop it."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Interrupt the body after `seconds` of wall clock, as far as Python can be interrupted."""
    if signal.getitimer(signal.ITIMER_REAL)[0]:
        yield  # an import inside a cell: the outer cell's limit goes on
        return

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise CellTimeout

    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
