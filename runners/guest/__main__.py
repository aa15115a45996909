"""`python -m runners.guest`: the supervisor of one guest sandbox, warm and waiting."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version

from runners.guest import fresh
from runners.guest.processes import become_reaper
from runners.guest.supervisor import Supervisor
from runners.guest.threads import keep_to_one_thread
from runners.wire.ahead import import_ahead
from runners.wire.streams import take_streams

_PACKAGES = ("torch", "numpy")


def main() -> None:
    """Take the standard streams away from everything else, import ahead, serve."""
    line_in, line_out = take_streams()
    os.chdir(os.environ["TMPDIR"])
    sys.path.insert(0, os.environ["TMPDIR"])  # the files that a submission brings along
    fresh.hide_gpus()
    import_ahead(fresh.PACKAGES)
    keep_to_one_thread()
    become_reaper()
    facts = {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}
    Supervisor(line_in, line_out, facts).run()


if __name__ == "__main__":
    main()
