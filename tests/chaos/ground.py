"""A service for the commands of this folder: its servers, its data, a course with the homework."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from grader.domain.states import Role
from grader.models import Assignment
from tests import factories
from tests.assignments.homework import write_homework
from tests.chaos.service import Service, database_of
from tests.grader.pipeline.broker import broker_at
from tests.servers import postgres, redis_server

DAY = timedelta(days=1)


@contextmanager
def service_on(folder: Path, *, on_postgres: bool = True) -> Iterator[Service]:
    """Redis, and PostgreSQL or SQLite, for as long as the block runs."""
    with ExitStack() as stack:
        broker = stack.enter_context(redis_server())
        database = stack.enter_context(postgres()) if on_postgres else None
        stack.enter_context(database_of(database.url if database else ""))
        stack.enter_context(broker_at(broker.url))
        yield stack.enter_context(Service(folder, broker, database))


@contextmanager
def ground() -> Iterator[tuple[Service, Assignment]]:
    """A service that nobody uses yet, and the small homework, open, with an instructor."""
    # A class is made in a blink, for its passwords are not worth guessing.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    logging.getLogger("grader").setLevel(logging.WARNING)
    with (
        tempfile.TemporaryDirectory(prefix="sandglass-") as name,
        service_on(Path(name)) as service,
    ):
        yield service, open_homework(Path(name))


def open_homework(folder: Path) -> Assignment:
    """Three checks, ten points; open since yesterday, until tomorrow."""
    course, now = factories.course(), timezone.now()
    factories.membership(course, factories.person("Ida"), Role.INSTRUCTOR)
    content = write_homework(folder / "hw0")
    times = {"opens_at": now - DAY, "due_at": now + DAY}
    return factories.assignment(course, "hw0", content, **times)
