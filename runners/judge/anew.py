"""A guest process that loads the submission anew, for a check on a GPU.

CUDA cannot be used after a fork, so such a check is not served by a fork of the process that has
loaded the submission. Only what that one could load is loaded again, and its time is not the
check's: it ends before the check's own limit begins.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from runners.judge.errors import GuestEnded, GuestLost
from runners.judge.line import Line

if TYPE_CHECKING:
    from runners.judge.guests import Guests

_START_SECONDS = 60.0


def load_anew(guests: Guests, line: Line, device: str, latest: float) -> int:
    """Open such a process; gives its number. `latest` (monotonic) ends the whole run.

    Raises `GuestLost` when no tensor can be put on the device: that is the host's fault. A
    submission that does not survive being loaded leaves a process that has ended.
    """
    number = guests.open(0, f"function:{guests.label}", device=device)
    _try_out(guests, line, number, device)
    line.deadline = latest
    # What ends the loading is the submission's, and the check meets it at its first call.
    with contextlib.suppress(GuestEnded, Exception):
        for module, stop in guests.loads:
            guests.ask_process(number, "load", (module, stop))
    return number


def _try_out(guests: Guests, line: Line, number: int, device: str) -> None:
    line.deadline = time.monotonic() + _START_SECONDS
    try:
        guests.ask_process(number, "place", (device,))
    except GuestEnded as ended:
        raise GuestLost(f"a process for the device {device!r} did not start: {ended}") from ended
    except Exception as error:
        raise GuestLost(f"the device {device!r} cannot be used: {error}") from error
