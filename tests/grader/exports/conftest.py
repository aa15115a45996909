"""A course with the small homework and two students, Ada and Bob."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.domain.states import Role
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
    ada = factories.person("Ada Lovelace", email="ada@example.edu")
    return factories.membership(course, ada, student_number="20990001")


@pytest.fixture
def bob(course: Course) -> Membership:
    """Another student."""
    return factories.membership(course, factories.person("Bob"), student_number="20990002")


@pytest.fixture
def lect(course: Course) -> Membership:
    """The instructor."""
    return factories.membership(course, factories.person("Lecturer"), Role.INSTRUCTOR)
