"""The service with real parts, each of which a test may take away: database, broker, workers."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Self

import dj_database_url
import redis
from asgiref.sync import SyncToAsync
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from pytest_django import DjangoDbBlocker

from grader import live
from grader.celery import CONTROL, SWEEP, app
from grader.demo.child import Child
from grader.demo.parts import status
from grader.domain.states import Lane
from grader.models import GradingJob
from runners.sandboxes.base import Role
from tests.chaos.processes import below, children, is_alive, is_first, kill
from tests.factories import ROOT
from tests.grader.pipeline.broker import broker_at
from tests.servers import PostgresServer, RedisServer, free_port, postgres, redis_server

OK = 200
_READY = " ready."
SECONDS = 120.0
_PAUSE = 0.05


class Worker:
    """A real Celery worker with one process for jobs, in the sandbox of this name."""

    def __init__(
        self,
        environment: Mapping[str, str],
        log: Path,
        *,
        queues: str = f"{Lane.INTERACTIVE},{CONTROL}",
        options: Sequence[str] = (),
        module: Sequence[str] = ("celery",),
    ) -> None:
        """`module` is run in Celery's place, and passes its further words on to it."""
        self._log = log
        program = [sys.executable, "-m", *module, "-A", "grader.celery", "worker"]
        program += ["--queues", queues, "--hostname", f"{log.stem}@%h"]
        program += ["--concurrency", "1", "--loglevel", "INFO", *options]
        self._child = Child(
            ["/usr/bin/env", *(f"{name}={value}" for name, value in environment.items()), *program],
            folder=ROOT,
            log=log,
        )

    def wait(self) -> Self:
        """Return once it listens."""
        self._child.wait_until(self._is_ready, seconds=SECONDS)
        return self

    def kill(self) -> None:
        """SIGKILL to the worker and to whatever it has started, as when its machine goes dark."""
        left = [*self.sandboxes(Role.JUDGE), *self.sandboxes(Role.GUEST)]
        if self._child.alive:
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.stop()
        wait_for(lambda: not any(map(is_alive, left)))

    @property
    def hands(self) -> list[int]:
        """Its process for jobs; none before it listens."""
        return children(self._child.pid)

    def kill_hand(self) -> None:
        """SIGKILL to its process for jobs alone, as when memory is short; the worker goes on."""
        for pid in self.hands:
            kill(pid)

    def stop(self) -> None:
        """End it in good order: it takes its sandboxes along."""
        self._child.stop(patience=SECONDS)

    def sandboxes(self, role: Role) -> list[int]:
        """The first processes of its bubblewrap sandboxes of a role, those that wait as well."""
        return [pid for pid in below(self._child.pid) if is_first(pid, role)]

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._child.alive

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
        self.environment = {
            "DJANGO_SETTINGS_MODULE": "grader.settings",
            "SANDGLASS_DATA": str(settings.DATA),
            "SANDGLASS_DATABASE_URL": database.url if database else "",
            "SANDGLASS_BROKER_URL": broker.url,
        }
        self._workers = ExitStack()
        self._at_hand: Worker | None = None
        self._started = count(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._workers.close()

    def start_worker(self, sandbox: str, **instead: Any) -> Worker:
        """Start a worker, which ends with the service; does not wait until it listens."""
        environment = {
            **self.environment,
            "SANDGLASS_SANDBOX": sandbox,
            **instead.pop("environment", {}),
        }
        log = self._folder / f"worker{next(self._started)}.log"
        worker = Worker(environment, log, **instead)
        # Containers outlive a worker that is killed; what runs in bubblewrap does not.
        self._workers.callback(worker.stop if sandbox == "docker" else worker.kill)
        return worker

    def worker(self, sandbox: str, **instead: Any) -> Worker:
        """Start a worker that listens; it ends with the service."""
        return self.start_worker(sandbox, **instead).wait()

    def worker_at_hand(self, sandbox: str = "bubblewrap") -> Worker:
        """The one that was asked for last, if it lives, or a new one."""
        if self._at_hand is None or not self._at_hand.alive:
            self._at_hand = self.worker(sandbox)
        return self._at_hand

    @contextmanager
    def web(self) -> Iterator[int]:
        """The web server as it runs in production, two processes of it; its port."""
        port = free_port()
        server = ["uvicorn", "web.asgi:application", "--host", "127.0.0.1", "--port", str(port)]
        server += ["--workers", "2", "--log-level", "warning", "--timeout-graceful-shutdown", "2"]
        inside = [f"{name}={value}" for name, value in self.environment.items()]
        child = Child(
            ["/usr/bin/env", *inside, sys.executable, "-m", *server],
            folder=ROOT,
            log=self._folder / "web.log",
        )
        try:
            child.wait_until(lambda: status(f"http://127.0.0.1:{port}/healthz") == OK, seconds=60)
            yield port
        finally:
            child.stop()

    @staticmethod
    def sweep() -> None:
        """Have a worker sweep now, as the clock does every half minute."""
        # A connection of its own: kept ones lead to the broker of an earlier test.
        with app.connection_for_write() as broker:
            app.send_task(SWEEP, queue=CONTROL, connection=broker)

    @property
    def database(self) -> PostgresServer:
        """The PostgreSQL of a test that is marked so."""
        assert self._database is not None, "the test is not marked `postgres`"
        return self._database

    def stop_database(self) -> None:
        """Stop it, cutting all connections; it keeps all that it held."""
        self.database.stop()
        connections["default"].close()

    def restart_database(self) -> None:
        """Stop it and start it again."""
        self.stop_database()
        self.database.start()

    def told(self, job: GradingJob) -> list[str]:
        """What the present attempt has told live so far: the kinds of its events."""
        with redis.Redis.from_url(self.broker.url) as client:
            events: Any = client.xrange(live.key(job.pk, job.attempt))
        return [json.loads(fields[b"event"])["event"] for _, fields in events]

    def checks_told(self, job: GradingJob) -> int:
        """How many checks of the present attempt have been told live."""
        return self.told(job).count("check")


@contextmanager
def running_service(
    folder: Path, blocker: DjangoDbBlocker, *, on_postgres: bool
) -> Iterator[Service]:
    """Redis and a database of their own, for as long as the block runs."""
    with ExitStack() as stack:
        broker = stack.enter_context(redis_server())
        stack.enter_context(blocker.unblock())
        database = stack.enter_context(postgres()) if on_postgres else None
        stack.enter_context(database_of(database.url if database else ""))
        stack.enter_context(broker_at(broker.url))
        yield stack.enter_context(Service(folder, broker, database))


def wait_for(what: Callable[[], bool], *, seconds: float = SECONDS) -> None:
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
    _forget_in_asynchronous_views()
    try:
        call_command("migrate", verbosity=0)
        yield
    finally:
        connections["default"].close()
        connections["default"], connections.settings["default"] = own, before
        _forget_in_asynchronous_views()


def _forget_in_asynchronous_views() -> None:
    """Their thread, one for all tests, would go on with the connection that it has."""

    def forget() -> None:
        connections["default"].close()
        del connections["default"]

    SyncToAsync.single_thread_executor.submit(forget).result()


def _sqlite() -> dict[str, Any]:
    # The name that a worker with this data folder gives it; a test's own has another one.
    name = Path(settings.DATA) / "sandglass.sqlite3"
    for file in name.parent.glob(f"{name.name}*"):
        file.unlink()
    options = {"transaction_mode": "IMMEDIATE", "timeout": 20}
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(name), "OPTIONS": options}
