"""The first steps of a child: bind its life to its parent's, then become the program.

Run as a script: `launch.py PARENT SIGNAL PROGRAM ARGUMENT...`. The parent cannot do this between
fork and exec, for its other threads may hold locks that nobody would release in the child.
"""

from __future__ import annotations

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(arguments: list[str]) -> None:
    """Become the program; on Linux it gets the signal when the parent ends."""
    parent, signal_number, *command = arguments
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
        if os.getppid() != int(parent):  # it ended before we asked for its signal
            return
    os.execv(command[0], command)  # noqa: S606 - the parent chose the program


if __name__ == "__main__":
    main(sys.argv[1:])
