"""The service with real parts, each of which a test may take away: database, broker, workers."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

import dj_database_url
import redis
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from grader import live
from grader.celery import CONTROL, SWEEP, app
from grader.demo.child import Child
from grader.models import GradingJob
from tests.factories import ROOT
from tests.servers import PostgresServer, RedisServer

_READY = " ready."
_SECONDS = 45.0
_PAUSE = 0.05


class Worker:
    """A real Celery worker with one process for jobs, in the sandbox of this name."""

    def __init__(self, environment: Mapping[str, str], log: Path, sandbox: str) -> None:
        self._log = log
        program = [sys.executable, "-m", "celery", "-A", "grader.celery", "worker"]
        program += ["--queues", f"interactive,{CONTROL}", "--hostname", f"{log.stem}@%h"]
        program += ["--concurrency", "1", "--loglevel", "INFO"]
        inside = [f"{name}={value}" for name, value in environment.items()]
        self._child = Child(
            ["/usr/bin/env", *inside, f"SANDGLASS_SANDBOX={sandbox}", *program],
            folder=ROOT,
            log=log,
        )
        self._child.wait_until(self._is_ready, seconds=_SECONDS)

    def kill(self) -> None:
        """SIGKILL to the worker and to whatever it has started, as when its machine goes dark."""
        os.killpg(self._child.pid, signal.SIGKILL)
        self._child.stop()

    def stop(self) -> None:
        """End it in good order: it takes its sandboxes along."""
        self._child.stop(patience=_SECONDS)

    @property
    def log(self) -> str:
        """What it has told so far."""
        return self._log.read_text("utf-8", "replace")

    def _is_ready(self) -> bool:
        return _READY in self.log


class Service:
    """A database and a broker, as this process and the workers see them."""

    def __init__(
        self, folder: Path, broker: RedisServer, database: PostgresServer | None = None
    ) -> None:
        self.broker = broker
        self._database = database
        self._folder = folder
        self._environment = {
            "DJANGO_SETTINGS_MODULE": "grader.settings",
            "SANDGLASS_DATA": str(settings.DATA),
            "SANDGLASS_DATABASE_URL": database.url if database else "",
            "SANDGLASS_BROKER_URL": broker.url,
        }
        self._workers = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._workers.close()

    def worker(self, name: str, sandbox: str) -> Worker:
        """Start a worker; it ends with the service."""
        worker = Worker(self._environment, self._folder / f"{name}.log", sandbox)
        self._workers.callback(worker.stop)
        return worker

    @staticmethod
    def sweep() -> None:
        """Have a worker sweep now, as the clock does every half minute."""
        # A connection of its own: kept ones lead to the broker of an earlier test.
        with app.connection_for_write() as broker:
            app.send_task(SWEEP, queue=CONTROL, connection=broker)

    def restart_database(self) -> None:
        """Stop it, cutting all connections, and start it with all that it held."""
        assert self._database is not None, "the test is not marked `postgres`"
        self._database.stop()
        self._database.start()
        connections["default"].close()

    def checks_told(self, job: GradingJob) -> int:
        """How many checks of the present attempt have been told live."""
        with redis.Redis.from_url(self.broker.url) as client:
            events: Any = client.xrange(live.key(job.pk, job.attempt))
        return sum(b'"check"' in fields[b"event"] for _, fields in events)


def wait_for(what: Callable[[], bool], *, seconds: float = _SECONDS) -> None:
    """Return once it is so; an assertion fails when the time is up."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, f"not so after {seconds:g} seconds"
        time.sleep(_PAUSE)


@contextmanager
def database_of(url: str) -> Iterator[None]:
    """This process works on the database at `url`, or on the data folder's SQLite for none."""
    before, own = connections.settings["default"], connections["default"]
    place = dict(dj_database_url.parse(url)) if url else _sqlite()
    connections.settings["default"] = {**before, "OPTIONS": {}, **place}
    connections["default"] = connections.create_connection("default")
    try:
        call_command("migrate", verbosity=0)
        yield
    finally:
        connections["default"].close()
        connections["default"], connections.settings["default"] = own, before


def _sqlite() -> dict[str, Any]:
    # The name that a worker with this data folder gives it; a test's own has another one.
    name = Path(settings.DATA) / "sandglass.sqlite3"
    for file in name.parent.glob(f"{name.name}*"):
        file.unlink()
    options = {"transaction_mode": "IMMEDIATE", "timeout": 20}
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(name), "OPTIONS": options}
