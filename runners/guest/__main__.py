"""`python -m runners.guest`: the supervisor of one guest sandbox, warm and waiting."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version

from runners.guest.processes import become_reaper
from runners.guest.supervisor import Supervisor
from runners.wire.ahead import import_ahead
from runners.wire.streams import take_streams

_PACKAGES = ("torch", "numpy")


def main() -> None:
    """Take the standard streams away from everything else, import ahead, serve."""
    line_in, line_out = take_streams()
    os.chdir(os.environ["TMPDIR"])
    sys.path.insert(0, os.environ["TMPDIR"])  # the files that a submission brings along
    import_ahead([*_PACKAGES, "runners.wire.autograd"])
    keep_to_one_thread()
    become_reaper()
    facts = {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}
    Supervisor(line_in, line_out, facts).run()


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


if __name__ == "__main__":
    main()
