"""Whether this machine may grade, as `doctor` finds; and what looks after its sandboxes.

A site that runs for real stops grading on a machine whose walls do not hold: jobs wait, and staff
read why. Nobody's submission is tried on it first.
"""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from runners import reaping
from runners.doctor import stands_against
from runners.health import Line

log = logging.getLogger(__name__)

_WELL_SECONDS, _STALE_SECONDS, _ILL_SECONDS = 600.0, 1_800.0, 20.0
_ROOT = Path(__file__).resolve().parents[1]


class Fitness:
    """What was found on this machine, and when; looked at again off the road of a submission."""

    def __init__(self, examine: Callable[[], list[Line]]) -> None:
        self._examine = examine
        self._lock = threading.Lock()
        self._found: list[Line] = []
        self._looked: float | None = None

    def refusal(self) -> str:
        """Why this machine must not grade now; nothing when it may."""
        limit = _ILL_SECONDS if self._found else _STALE_SECONDS
        return self._refusal(limit)

    def look_again(self) -> None:
        """Look if it was long ago, between two submissions."""
        self._refusal(_WELL_SECONDS)

    def _refusal(self, limit: float) -> str:
        if settings.DEBUG:
            return ""
        with self._lock:
            now = time.monotonic()
            if self._looked is None or now - self._looked > limit:
                self._found, self._looked = self._examine(), time.monotonic()
                for line in self._found:
                    log.error("this machine: %s: %s. %s", line.name, line.found, line.remedy)
        if self._found and settings.SANDGLASS_GRADE_UNFIT:
            log.critical("SANDGLASS_GRADE_UNFIT: student code is run here all the same")
            return ""
        return "\n".join(f"{line.name}: {line.found}. {line.remedy}" for line in self._found)


def _examine() -> list[Line]:
    return stands_against(settings.SANDGLASS_SANDBOX, settings.SANDGLASS_DOCKER_RUNTIME)


fitness = Fitness(_examine)
"""Of this process."""


class Reaper:
    """The process that removes what workers left; beside a worker, and a little longer."""

    def __init__(self, every: float = 60.0) -> None:
        self._every = every
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        """Start it, unless it runs."""
        if self._process is not None and self._process.poll() is None:
            return
        options = [f"--sandbox={settings.SANDGLASS_SANDBOX}", f"--every={self._every}"]
        if settings.SANDGLASS_DOCKER_RUNTIME:
            options.append(f"--runtime={settings.SANDGLASS_DOCKER_RUNTIME}")
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", reaping.__name__, *options],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def end(self) -> None:
        """At an orderly end: its worker has removed what it had."""
        if self._process is not None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)


reaper = Reaper()
"""Of this worker."""
