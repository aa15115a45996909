"""A service of its own for each test, and a small homework that takes its time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from grader.models import Assignment, Membership
from tests import factories
from tests.assignments.homework import write_homework
from tests.chaos.recovery import Recoveries
from tests.chaos.service import Service, running_service

_RECOVERIES = pytest.StashKey[Recoveries]()
_serial = count(1)


@pytest.fixture
def service(
    request: pytest.FixtureRequest, tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> Iterator[Service]:
    """Redis and SQLite; PostgreSQL in its place where the test is marked so."""
    wanted = request.node.get_closest_marker("postgres") is not None
    with running_service(tmp_path, django_db_blocker, on_postgres=wanted) as made:
        yield made


@pytest.fixture(scope="module")
def lasting(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[Service]:
    """Redis and PostgreSQL for all tests of a file, with the worker that the last one left."""
    with running_service(
        tmp_path_factory.mktemp("lasting"), django_db_blocker, on_postgres=True
    ) as made:
        yield made


@pytest.fixture
def homework(request: pytest.FixtureRequest, tmp_path: Path) -> Assignment:
    """Three checks, ten points; in a course of its own, for a service may outlast a test."""
    request.getfixturevalue("lasting" if "lasting" in request.fixturenames else "service")
    folder = write_homework(tmp_path / "hw0")
    return factories.assignment(factories.course(f"course-{next(_serial)}"), "hw0", folder)


@pytest.fixture
def ada(homework: Assignment) -> Membership:
    """A student."""
    return factories.membership(homework.course)


@pytest.fixture
def class_(homework: Assignment) -> list[Membership]:
    """Three students."""
    return [factories.membership(homework.course) for _ in range(3)]


@pytest.fixture
def recovery(request: pytest.FixtureRequest) -> Recoveries:
    """Where a test notes how long the service took."""
    return request.config.stash.setdefault(_RECOVERIES, Recoveries())


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print what was noted."""
    lines = config.stash.setdefault(_RECOVERIES, Recoveries()).lines()
    if lines:
        terminalreporter.section("time to recover from a fault, without the lease's minute")
        for line in lines:
            terminalreporter.write_line(line)
