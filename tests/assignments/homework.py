"""A homework of two small questions, written to a folder: sound as it stands, so that a test can
break one thing at a time."""

from __future__ import annotations

from pathlib import Path

from assignments.loader import load_assignment
from assignments.spec import AssignmentSpec

DECLARATION = """\
title = "Homework 0: Small sums"
points = 10

[files]
required = ["question1.py", "question2.py"]
optional = ["*.txt"]
max_bytes = 100_000

[files.notebook]
file = "hw0.ipynb"
modules = ["question1", "question2"]

[limits]
check_seconds = 2.5
memory_mb = 512

[attempts]
per_day = 3

[[problems]]
id = "add"
title = "Adding"
points = 6
checks = ["public/test_question1.py", "hidden/test_question1.py"]
provides = ["question1.add", "question1.Counter"]

[[problems]]
id = "double"
title = "Doubling"
points = 4
checks = ["hidden/test_question2.py"]
provides = ["question2.double"]
"""

QUESTION1 = '''\
"""Adding things up."""

import math


def add(a: int, b: int = 0) -> int:
    """Return the sum."""
    ### BEGIN SOLUTION
    return a + b
    ### END SOLUTION


class Counter:
    """Counts."""

    def __init__(self, start: int, *, step: int = 1) -> None:
        self.value = start
        self.step = step

    def next(self) -> int:
        ### BEGIN SOLUTION
        self.value += self.step
        return self.value
        ### END SOLUTION
'''

QUESTION2 = """\
import math

from question1 import add


### BEGIN SOLUTION
def _twice(x):
    return add(x, x)


### END SOLUTION
# Doubles a number.
def double(x):
    ### BEGIN SOLUTION
    return _twice(x)
    ### END SOLUTION
"""

PUBLIC_QUESTION1 = '''\
import pytest
from question1 import Counter, add


@pytest.mark.points(2)
@pytest.mark.hint("Look at the example.")
def test_small():
    """Adds small numbers"""
    assert add(1, 2) == 3, "1 + 2"
    assert Counter(1).next() == 2, "counts"
'''

HIDDEN_QUESTION1 = '''\
import pytest
from question1 import add


@pytest.mark.points(4)
@pytest.mark.hint("Think of negative numbers.")
def test_random(rng):
    """Adds any numbers"""
    a, b = (int(n) for n in rng.integers(-9, 9, 2))
    assert add(a, b) == a + b, "sum"
'''

HIDDEN_QUESTION2 = '''\
import pytest
from question2 import double


@pytest.mark.points(4)
@pytest.mark.hint("Twice, not squared.")
def test_double():
    """Doubles"""
    assert double(3) == 6, "3 doubled"
'''

EXPECTATION = """\
description = "Squares instead of doubling"
fails = ["hidden/test_question2.py::test_double"]
"""

FILES = {
    "assignment.toml": DECLARATION,
    "statement.md": "# Homework 0\n\nDo it.\n",
    "solution/question1.py": QUESTION1,
    "solution/question2.py": QUESTION2,
    "checks/public/test_question1.py": PUBLIC_QUESTION1,
    "checks/hidden/test_question1.py": HIDDEN_QUESTION1,
    "checks/hidden/test_question2.py": HIDDEN_QUESTION2,
    "mutants/squares/expect.toml": EXPECTATION,
    "mutants/squares/question2.py": "def double(x):\n    return x * x\n",
}


def write_homework(folder: Path, changes: dict[str, str | None] | None = None) -> Path:
    """Write the homework with some files changed, added or (None) left out."""
    for name, text in (FILES | (changes or {})).items():
        if text is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return folder


def homework_spec(folder: Path) -> AssignmentSpec:
    """Write the homework and load it."""
    return load_assignment(write_homework(folder / "hw0"))


def declaration(old: str, new: str) -> dict[str, str | None]:
    """Change one piece of `assignment.toml`."""
    assert old in DECLARATION
    return {"assignment.toml": DECLARATION.replace(old, new, 1)}
