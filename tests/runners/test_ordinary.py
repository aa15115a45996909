"""A pytest file that knows nothing of Sandglass judges a submission as it would on a desk."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runners.conftest import Grade, messages, outcomes

FIXTURE = Path(__file__).parents[1] / "fixtures" / "ordinary"
CHECK = (FIXTURE / "checks" / "test_ordinary.py").read_text()


def sources(name: str) -> list[str]:
    return [(FIXTURE / name / f"question{n}.py").read_text() for n in (1, 2)]


@pytest.mark.parametrize(("name", "wanted"), [("right", True), ("wrong", False)])
def test_each_check_of_an_ordinary_file_tells_right_from_wrong(
    grade: Grade, name: str, wanted: bool
) -> None:
    seen = grade({"hidden/test_ordinary.py": CHECK}, *sources(name))
    passed = {check: outcome == "passed" for check, outcome in outcomes(seen).items()}
    assert len(passed) > 20
    surprising = [check for check, did in passed.items() if did is not wanted]
    assert not surprising, {check: messages(seen)[check] for check in surprising}
