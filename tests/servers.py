"""Real servers for tests: PostgreSQL, Redis and Docker, started on demand and gone at the end.

Each runs in a folder of its own. A test may stop one in the middle and start it again: its address
stays, and so does what it holds.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import redis

from grader.demo.broker import find_server
from grader.demo.child import Child
from tests.chaos.processes import children

POSTGRES_ROOT = Path("/usr/lib/postgresql")  # where Debian keeps programs that are not on PATH
POSTGRES_USER = "postgres"  # the system's user, for the server refuses to run as root
START_SECONDS = 60.0
_ALONE = ["/usr/bin/unshare", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc"]
"""What ends together with the first process below it."""


class PostgresServer:
    """A PostgreSQL with an empty database, on a unix socket in `folder`. Nothing is synced."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._programs = find_postgres()
        self.url = f"postgresql://sandglass@{quote(str(folder), safe='')}/sandglass"
        if os.geteuid() == 0:
            shutil.chown(folder, POSTGRES_USER, POSTGRES_USER)
        self._initialise()
        self.start()
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE sandglass")

    def start(self) -> None:
        """Start it, with all that it held; returns once it answers."""
        program = str(self._programs / "postgres")
        self._child = Child(
            [*as_unprivileged(signal.SIGINT), program, "-D", str(self._data), *self._options()],
            folder=self._folder,
            log=self._folder / "log",
            ending=signal.SIGINT,  # the fast shutdown, which waits for no client
        )
        self._child.wait_until(self._answers, seconds=START_SECONDS)

    def stop(self) -> None:
        """Stop it, cutting all connections."""
        self._child.stop()

    def _initialise(self) -> None:
        subprocess.run(
            [
                *as_unprivileged(signal.SIGTERM),
                str(self._programs / "initdb"),
                f"--pgdata={self._data}",
                "--username=sandglass",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            check=True,
        )

    def _options(self) -> list[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._folder),
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
        }
        return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

    def _address(self, database: str) -> str:
        return f"host={self._folder} user=sandglass dbname={database}"

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._address("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True


class RedisServer:
    """A Redis on a port of this machine alone, with its queue in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._program = shutil.which("redis-server") or str(find_server())
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self.start()

    def start(self) -> None:
        """Start it, with all that it held; returns once it answers."""
        options = f"--port {self._port} --bind 127.0.0.1 --appendonly yes --daemonize no"
        self._child = Child(
            [self._program, *options.split(), "--save", "", "--dir", str(self._folder)],
            folder=self._folder,
            log=self._folder / "log",
        )
        self._child.wait_until(self._answers, seconds=START_SECONDS)

    def stop(self) -> None:
        """Stop it, cutting all connections."""
        self._child.stop()

    def flushall(self) -> None:
        """Forget everything, as a broker that was replaced."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.ConnectionError:  # BusyLoadingError too: it still reads its file
            return False


class DockerServer:
    """A Docker engine of its own, with the images named, copied from the engine of this machine.

    It has no network to give. It and all that it starts are alone among processes and mounts, so
    that nothing is left when it goes.
    """

    def __init__(self, folder: Path, images: Sequence[str]) -> None:
        self._folder = folder
        self.url = f"unix://{folder / 'engine.sock'}"
        self.start()
        with subprocess.Popen(["docker", "save", *images], stdout=subprocess.PIPE) as saved:
            subprocess.run(self._docker("load", "--quiet"), stdin=saved.stdout, check=True)

    def start(self) -> None:
        """Start it, with all that it held; returns once it answers."""
        own = ("data-root", "exec-root", "pidfile")
        options = [f"--{name}={self._folder / name}" for name in own]
        options += ["--bridge=none", "--iptables=false", f"--host={self.url}"]
        log = self._folder / "log"
        self._child = Child([*_ALONE, "dockerd", *options], folder=self._folder, log=log)
        self._child.wait_until(self._answers, seconds=START_SECONDS)

    def kill(self) -> None:
        """SIGKILL to it and its containers, as when its machine goes dark."""
        self._child.stop(patience=0)
        # A machine that starts finds these empty as well: they are below /run.
        (self._folder / "pidfile").unlink(missing_ok=True)
        shutil.rmtree(self._folder / "exec-root", ignore_errors=True)

    stop = kill

    @contextmanager
    def hung(self) -> Iterator[None]:
        """It stands still for as long as the block runs, and goes on afterwards."""
        (engine,) = children(self._child.pid)
        os.kill(engine, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(engine, signal.SIGCONT)

    def _docker(self, *words: str) -> list[str]:
        return ["docker", f"--host={self.url}", *words]

    def _answers(self) -> bool:
        asked = subprocess.run(self._docker("version"), capture_output=True, check=False)
        return asked.returncode == 0


@contextmanager
def docker_engine(*images: str) -> Iterator[DockerServer]:
    """A Docker engine with these images for as long as the block runs."""
    with _folder() as folder:
        server = DockerServer(folder, images)
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL for as long as the block runs."""
    with _folder() as folder:
        server = PostgresServer(folder)
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    """A Redis for as long as the block runs."""
    with _folder() as folder:
        server = RedisServer(folder)
        try:
            yield server
        finally:
            server.stop()


def find_postgres() -> Path:
    """The folder of PostgreSQL's programs: that on PATH, else the newest. `FileNotFoundError`."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent  # a link's server is where the link leads
    installed = sorted(POSTGRES_ROOT.glob("*/bin/initdb"), key=_version)
    if not installed:
        raise FileNotFoundError(
            f"initdb is neither on PATH nor below {POSTGRES_ROOT}; install PostgreSQL"
            " (on Debian: apt-get install postgresql)"
        )
    return installed[-1].parent


def as_unprivileged(ending: signal.Signals) -> list[str]:
    """What to put before a command that root may not run: the change to the server's own user.

    That change cancels the signal that our end would send, so it is asked for again: `ending`.
    """
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise FileNotFoundError(
            "setpriv is not on PATH, and PostgreSQL refuses to run as root; install util-linux,"
            " or run the tests as another user"
        )
    name = ending.name.removeprefix("SIG")
    who = [f"--reuid={POSTGRES_USER}", f"--regid={POSTGRES_USER}", "--clear-groups"]
    return [setpriv, *who, f"--pdeathsig={name}"]


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _version(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", path.parts[-3])]


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder with a short name, as sockets need; only its owner may look in."""
    with tempfile.TemporaryDirectory(prefix="sandglass-") as name:
        yield Path(name)
