"""`python -m runners.reaping`: removes what dead workers of this machine left behind.

A worker starts it beside itself and holds its standard input. When the worker ends, however that
happens, the reaper goes on until what the worker had is old enough to go, and then ends too.
"""

from __future__ import annotations

import argparse
import logging
import select
import sys
import time
from collections.abc import Sequence

from runners.sandboxes.base import Sandbox, SandboxError
from runners.sandboxes.choose import AUTO, open_sandbox
from runners.sandboxes.docker import UNCLAIMED_SECONDS, DockerSandbox

log = logging.getLogger(__name__)
_LAST_ROUNDS = 5.0
"""Seconds between two rounds when the worker is gone."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Reap until standard input ends, and once more when that was long enough ago."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sandbox", default=AUTO)
    parser.add_argument("--runtime", default="")
    parser.add_argument("--every", type=float, default=60.0, help="seconds between two rounds")
    options = parser.parse_args(arguments)
    logging.basicConfig(format="%(levelname)s %(name)s %(message)s", level=logging.INFO)
    reaper = Reaper(options.sandbox, options.runtime)
    reaper.round()
    while reaper.has_work and not _ended(options.every):
        reaper.round()
    if not reaper.has_work:
        return 0
    until = time.monotonic() + UNCLAIMED_SECONDS + _LAST_ROUNDS
    while time.monotonic() < until:
        reaper.round()
        time.sleep(min(options.every, _LAST_ROUNDS))
    reaper.round()
    return 0


def _ended(seconds: float) -> bool:
    """Wait so long, or until standard input ends; tells whether it has. Nothing is ever said."""
    readable, _, _ = select.select([sys.stdin], [], [], seconds)
    return bool(readable)


class Reaper:
    """Reaps round after round; an engine that is away is tried again in the next."""

    def __init__(self, name: str, runtime: str) -> None:
        self._name, self._runtime = name, runtime
        self._sandbox: Sandbox | None = None

    @property
    def has_work(self) -> bool:
        """Whether there may be something to reap: only containers outlive who started them."""
        return self._sandbox is None or self._sandbox.name == DockerSandbox.name

    def round(self) -> list[str]:
        """Remove what may go now; its names."""
        try:
            self._sandbox = self._sandbox or open_sandbox(self._name, runtime=self._runtime)
            gone = self._sandbox.reap(time.time())
        except SandboxError as error:
            log.warning("what dead workers left behind is still there: %s", error)
            return []
        if gone:
            log.warning("removed %d sandboxes that nobody held: %s", len(gone), ", ".join(gone))
        return gone


if __name__ == "__main__":
    sys.exit(main())
