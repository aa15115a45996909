from __future__ import annotations

from pathlib import Path

import pytest

from assignments.spec import AssignmentSpec
from tests.assignments.homework import homework_spec


@pytest.fixture
def spec(tmp_path: Path) -> AssignmentSpec:
    """The small homework, loaded."""
    return homework_spec(tmp_path)
