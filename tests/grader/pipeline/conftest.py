"""A course with the small homework, ten points and three graded attempts a day."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.domain.regrades import Scope
from grader.domain.states import Role
from grader.models import Assignment, AssignmentVersion, Course, Membership, Regrade
from grader.pipeline import regrade as road
from grader.versions import store_version
from tests import factories
from tests.assignments.homework import write_homework
from tests.grader.pipeline.regrading import NOW


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small homework, written to disk once."""
    return write_homework(tmp_path_factory.mktemp("homework") / "hw0")


@pytest.fixture
def course() -> Course:
    """A course by the rules of COMP4551."""
    return factories.course()


@pytest.fixture
def homework(course: Course, folder: Path) -> Assignment:
    """The small homework, open."""
    return factories.assignment(course, "hw0", folder)


@pytest.fixture
def ada(course: Course) -> Membership:
    """A student."""
    return factories.membership(course, factories.person("Ada"))


@pytest.fixture
def bob(course: Course) -> Membership:
    """Another student."""
    return factories.membership(course, factories.person("Bob"))


@pytest.fixture
def lect(homework: Assignment) -> Membership:
    """The instructor."""
    return factories.membership(homework.course, factories.person("Lect"), Role.INSTRUCTOR)


@pytest.fixture
def mended(homework: Assignment, tmp_path: Path) -> AssignmentVersion:
    """The same homework with a mended suite, stored and not in force."""
    changed: dict[str, str | None] = {"handout/statement.md": "# Mended\n"}
    return store_version(homework, write_homework(tmp_path / "hw0", changed))


@pytest.fixture
def begin(homework: Assignment, mended: AssignmentVersion, lect: Membership) -> Callable[..., Any]:
    """Begins a regrade by the mended suite, and makes its jobs."""

    def made(scope: Scope = Scope.COUNTED, **fields: Any) -> Regrade:
        plain = {"reason": "A check was wrong.", "author": lect.user, "now": NOW}
        regrade = road.start(homework, fields.pop("version", mended), scope, **{**plain, **fields})
        assert not road.step(regrade.pk)
        return regrade

    return made
