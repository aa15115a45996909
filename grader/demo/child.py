"""A program that runs beside this process and never outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path

from grader.demo import launch

_PAUSE = 0.02
_TAIL_LINES = 12


class ChildError(RuntimeError):
    """A program that does not answer. The text ends with the end of its log."""


class Child:
    """A running program. Ctrl-C in the terminal does not reach it; `stop` and our own end do.

    On Linux it ends with us however we end, by SIGKILL too. Elsewhere it ends by `stop` alone.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        log: Path,
        ending: signal.Signals = signal.SIGTERM,
        inherits: Sequence[int] = (),
    ) -> None:
        """Start `command`, whose program is a full path, in `folder`.

        `log` is begun anew and gets all that it prints; `ending` asks it to end; `inherits` are
        open files that it holds too.
        """
        self._name = Path(command[0]).name
        self._log = log
        self._ending = ending
        started: Future[subprocess.Popen[bytes]] = Future()
        start = partial(_start, [str(ending.value), *command], folder, log, inherits)
        # Linux counts the end of the thread that started a child as the end of its parent, so the
        # child gets a thread that lives as long as it does.
        self._keeper = threading.Thread(target=_keep, args=(start, started), daemon=True)
        self._keeper.start()
        self._process = started.result()

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._keeper.is_alive()

    def wait_until(self, answers: Callable[[], bool], *, seconds: float) -> None:
        """Return once `answers` says yes; `ChildError` where it ends first, or the time is up."""
        deadline = time.monotonic() + seconds
        while not answers():
            if not self.alive:
                raise self._error("ended before it answered")
            if time.monotonic() >= deadline:
                raise self._error(f"did not answer within {seconds:g} seconds")
            time.sleep(_PAUSE)

    def stop(self, *, patience: float = 10.0) -> None:
        """Ask it to end, and kill it after so many seconds. Returns when it is gone."""
        if self.alive:
            self._process.send_signal(self._ending)
            self._keeper.join(patience)
        if self.alive:
            self._process.kill()
            self._keeper.join()

    def _error(self, what: str) -> ChildError:
        lines = self._log.read_text("utf-8", "replace").strip().splitlines()[-_TAIL_LINES:]
        said = ":\n" + "\n".join(lines) if lines else " is empty."
        return ChildError(f"{self._name} {what}. Its log {self._log}{said}")


# Without the site packages the interpreter is there in a blink.
_LAUNCH = [sys.executable, "-I", "-S", str(Path(launch.__file__).resolve())]


def _start(
    words: Sequence[str], folder: Path, log: Path, inherits: Sequence[int]
) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(  # noqa: S603 - our own launcher, and no shell
            [*_LAUNCH, str(os.getpid()), *words],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=inherits,
            start_new_session=True,  # Ctrl-C is for us, and we then end it in good order
        )


def _keep(
    start: Callable[[], subprocess.Popen[bytes]], started: Future[subprocess.Popen[bytes]]
) -> None:
    try:
        process = start()
    except OSError as error:
        started.set_exception(error)
        return
    started.set_result(process)
    process.wait()
