"""One thread for each process that serves the submission."""

from __future__ import annotations

import sys


def keep_to_one_thread() -> None:
    """Every check is a fork, and a fork of a process with an OpenMP team hangs in its first loop.

    So a submission that asks for more threads, as many a notebook does, is not given them.
    """
    torch = sys.modules["torch"]
    torch.set_num_threads(1)

    def set_num_threads(_count: int) -> None:
        """Do nothing: one thread is what there is."""

    torch.set_num_threads = set_num_threads  # type: ignore[attr-defined]
    torch.set_num_interop_threads = set_num_threads  # type: ignore[attr-defined]
