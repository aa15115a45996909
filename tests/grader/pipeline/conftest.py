"""A course with the small homework, ten points and three graded attempts a day."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.models import Assignment, Course, Membership
from tests import factories
from tests.assignments.homework import write_homework


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
