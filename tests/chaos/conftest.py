"""A service of its own for each test, and a small homework that takes its time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from grader.models import Assignment, Membership
from tests import factories
from tests.assignments.homework import write_homework
from tests.chaos.service import Service, database_of
from tests.grader.pipeline.broker import broker_at
from tests.servers import postgres, redis_server


@pytest.fixture
def service(
    request: pytest.FixtureRequest, tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> Iterator[Service]:
    """Redis and SQLite; PostgreSQL in its place where the test is marked so."""
    with ExitStack() as stack:
        broker = stack.enter_context(redis_server())
        stack.enter_context(django_db_blocker.unblock())
        wanted = request.node.get_closest_marker("postgres")
        database = stack.enter_context(postgres()) if wanted else None
        stack.enter_context(database_of(database.url if database else ""))
        stack.enter_context(broker_at(broker.url))
        yield stack.enter_context(Service(tmp_path, broker, database))


@pytest.fixture
def homework(service: Service, tmp_path: Path) -> Assignment:
    """Three checks, ten points."""
    folder = write_homework(tmp_path / "hw0")
    return factories.assignment(factories.course(), "hw0", folder)


@pytest.fixture
def ada(homework: Assignment) -> Membership:
    """A student."""
    return factories.membership(homework.course, factories.person("Ada"))


@pytest.fixture
def class_(homework: Assignment) -> list[Membership]:
    """Three students."""
    return [factories.membership(homework.course) for _ in range(3)]
