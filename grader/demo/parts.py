"""The processes of the service, as children of the demo."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from grader.celery import CONTROL, LTI
from grader.demo.child import Child
from grader.domain.states import Lane

HOST = "127.0.0.1"
WEB, WORKER = "web", "worker"
CLOCK = "clock"
"""Rings for the sweep and does it: never behind a homework."""
_PORTS = 50
_START_SECONDS = 60.0
# A running homework is let finish, and graded again at the next start where it takes longer. The
# clock has nothing to finish.
_PATIENCE = {WEB: 5.0, WORKER: 10.0, CLOCK: 2.0}
_TAIL_LINES = 15


class PartEnded(RuntimeError):  # noqa: N818 - what happened, not which code
    """A part of the service ended by itself. The text holds the end of its log."""


class Parts:
    """The parts and their logs, each started when its time has come; made by `running`."""

    def __init__(self, root: Path, logs: Path, port: int) -> None:
        self.url = f"http://{HOST}:{port}"
        self._root, self._logs = root, logs
        self._children: dict[str, Child] = {}
        self._commands = _commands(port)

    def start(self, name: str) -> None:
        """Start one of `WEB`, `WORKER` and `CLOCK`."""
        self._logs.mkdir(exist_ok=True)
        log = self._log(name)
        self._children[name] = Child(self._commands[name], folder=self._root, log=log)

    def wait_for_web(self) -> None:
        """Return once it answers. `ChildError` or `PartEnded` where that will not be."""
        self._children[WEB].wait_until(self._answers, seconds=_START_SECONDS)

    def check(self) -> None:
        """`PartEnded` when one is gone."""
        for name, child in self._children.items():
            if not child.alive:
                log = self._log(name)
                tail = log.read_text("utf-8", "replace").splitlines()[-_TAIL_LINES:]
                raise PartEnded("\n".join([f"{name} ended by itself. The end of {log}:", *tail]))

    def stop(self) -> None:
        """End all at once."""
        with ThreadPoolExecutor() as pool:
            for name, child in self._children.items():
                pool.submit(child.stop, patience=_PATIENCE[name])

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def _answers(self) -> bool:
        self.check()
        return status(f"{self.url}/healthz") == 200  # noqa: PLR2004 - HTTP's own number


@contextmanager
def running(root: Path, logs: Path, port: int) -> Iterator[Parts]:
    """The parts that the block starts; all of them end with it."""
    parts = Parts(root, logs, port)
    try:
        yield parts
    finally:
        parts.stop()


def status(url: str) -> int:
    """What a server answers to a plain request; 0 when nobody does."""
    try:
        with urlopen(url, timeout=5) as answer:  # noqa: S310 - our own address
            code: int = answer.status
            return code
    except URLError as error:
        return getattr(error, "code", 0)
    except OSError:
        return 0


def free_port(wanted: int) -> int:
    """The port itself, or the next one that nobody uses. `OSError` when many are taken."""
    for port in range(wanted, wanted + _PORTS):
        try:
            with socket.create_server((HOST, port)):
                return port
        except OSError:
            continue
    raise OSError(f"Ports {wanted} to {wanted + _PORTS - 1} are all in use: name another, --port.")


def _commands(port: int) -> dict[str, list[str]]:
    python = [sys.executable, "-m"]
    worker = [*python, "celery", "-A", "grader.celery", "worker", "--loglevel", "INFO"]
    lanes = f"{Lane.INTERACTIVE},{Lane.GPU},{Lane.BULK},{LTI}"
    server = [*python, "uvicorn", "web.asgi:application", "--host", HOST, "--port", str(port)]
    return {
        # A page that watches a run would hold the server open for ever.
        WEB: [*server, "--timeout-graceful-shutdown", "2"],
        WORKER: [*worker, "-n", "worker@%h", "-Q", lanes, "--concurrency", str(_workers())],
        CLOCK: [*worker, "-n", "clock@%h", "-Q", CONTROL, "--pool", "solo", "--beat"],
    }


def _workers() -> int:
    return max(2, min(4, (os.cpu_count() or 2) // 2))
