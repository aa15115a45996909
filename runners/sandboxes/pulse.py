"""Whether the engine kept answering while a run relied on it.

What judge and guest say to each other goes through an engine, which is a process like any other.
While it stands still, nothing passes and the judge's clock goes on: a check would be called too
slow that only waited for us.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

_EVERY_SECONDS = 1.0


class Pulse:
    """Asks again and again for as long as the block runs; without a question, nothing is asked."""

    def __init__(self, ask: Callable[[], object] | None = None) -> None:
        self._ask = ask
        self._over = threading.Event()
        self._longest = 0.0
        self._asked_at: float | None = None

    def __enter__(self) -> Self:
        if self._ask is not None:
            threading.Thread(target=self._run, args=(self._ask,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # The thread is not waited for: it may be in the middle of the longest silence.
        self._over.set()

    @property
    def silent_seconds(self) -> float:
        """For how long the engine owed an answer at most, one that is still owed included."""
        asked_at = self._asked_at
        owed = 0.0 if asked_at is None else time.monotonic() - asked_at
        return max(self._longest, owed)

    def _run(self, ask: Callable[[], object]) -> None:
        while not self._over.wait(_EVERY_SECONDS):
            began = time.monotonic()
            self._asked_at = began
            # No answer, whatever the client calls it: the time that went by is what counts.
            with contextlib.suppress(Exception):
                ask()
            self._longest = max(self._longest, time.monotonic() - began)
            self._asked_at = None
