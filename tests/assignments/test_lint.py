"""Habits that the gate wants of a suite, read from its syntax."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.assignments.graded_by_table import RANDOM, Table, broken
from tests.assignments.homework import DECLARATION, HIDDEN_QUESTION1

LINT: list[tuple[str, str, list[str]]] = [
    (
        '    """Adds any numbers"""\n',
        "",
        [f"{RANDOM}: has no title. Write a docstring: its first line is all that students see."],
    ),
    (
        '@pytest.mark.hint("Think of negative numbers.")\n',
        "",
        [f"{RANDOM}: has no hint. Add @pytest.mark.hint('what a TA would say')."],
    ),
    (
        'assert add(a, b) == a + b, "sum"',
        "assert a and torch.allclose(add(a, b), a + b)",
        [
            (
                "hidden/test_question1.py:10: asserts a bare torch.allclose, which broadcasts, "
                "ignores "
                "dtype and explains nothing. Use the fixture assert_tensor(actual, expected)."
            )
        ],
    ),
    ('assert add(a, b) == a + b, "sum"', "assert not torch.allclose(add(a, b), a)", []),
    (
        "import pytest\n",
        "import pytest\npytestmark = [pytest.mark.hint('For all.')]\n",
        [],
    ),
]


@pytest.mark.parametrize(("old", "new", "messages"), LINT)
def test_habits_of_hidden_checks(tmp_path: Path, old: str, new: str, messages: list[str]) -> None:
    assert old in HIDDEN_QUESTION1
    changes: dict[str, str | None] = {
        "checks/hidden/test_question1.py": HIDDEN_QUESTION1.replace(old, new)
    }

    assert broken(tmp_path, Table(), changes) == messages


def test_a_check_for_a_gpu_needs_a_homework_that_asks_for_one(tmp_path: Path) -> None:
    marked = HIDDEN_QUESTION1.replace("@pytest.mark.hint", "@pytest.mark.gpu\n@pytest.mark.hint")
    changes: dict[str, str | None] = {"checks/hidden/test_question1.py": marked}

    assert broken(tmp_path / "without", Table(), changes) == [
        (
            "hidden/test_question1.py: has checks marked `gpu`. "
            'Add: [resources] gpus = 1, without_gpu = "cpu"'
        )
    ]
    asked = DECLARATION + '\n[resources]\ngpus = 1\nwithout_gpu = "cpu"\n'
    assert broken(tmp_path / "with", Table(), changes | {"assignment.toml": asked}) == []


def test_hints_reach_down_from_classes_and_modules(tmp_path: Path) -> None:
    source = '''\
import pytest


@pytest.mark.hint("For the class.")
class TestAll:
    def test_a(self):
        """A"""


class TestBare:
    def test_b(self):
        """B"""
'''
    changes: dict[str, str | None] = {"checks/hidden/test_question1.py": source}

    assert broken(tmp_path, Table(), changes) == [
        (
            "hidden/test_question1.py::TestBare::test_b: has no hint. "
            "Add @pytest.mark.hint('what a TA would say')."
        )
    ]
