from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assignments.build import build_handout, solution_notebook, stale_files, write_handout
from assignments.errors import AssignmentInvalid
from assignments.loader import load_assignment
from assignments.triage import triage
from tests.assignments.homework import DECLARATION, QUESTION1, QUESTION2, write_homework


def build(folder: Path, changes: dict[str, str | None] | None = None) -> dict[str, bytes]:
    write_homework(folder, changes)
    return build_handout(folder, load_assignment(folder))


def cells(notebook: bytes) -> list[tuple[str, str, str]]:
    document: dict[str, Any] = json.loads(notebook)
    return [(c["cell_type"], c["id"], "".join(c["source"])) for c in document["cells"]]


def test_the_handout_holds_what_students_need_and_no_solution(tmp_path: Path) -> None:
    built = build(tmp_path / "hw0")

    assert sorted(built) == [
        "checks/conftest.py",
        "checks/test_question1.py",
        "hw0.ipynb",
        "question1.py",
        "question2.py",
        "statement.md",
    ]
    assert b"a + b" not in b"".join(built.values())
    assert b"_twice" not in b"".join(built.values())


def test_the_notebook_is_cut_by_definition(tmp_path: Path) -> None:
    stub = "    # Your code here.\n    raise NotImplementedError"
    counter = QUESTION1[
        QUESTION1.index("class Counter") : QUESTION1.index("        ### BEGIN SOL", 300)
    ]

    assert cells(build(tmp_path / "hw0")["hw0.ipynb"]) == [
        ("markdown", "title", "# Homework 0\n\nDo it."),
        ("markdown", "question1-heading", "## Adding (6 points)\n\nAdding things up."),
        ("code", "question1-1", "import math"),
        (
            "code",
            "question1-2",
            f'def add(a: int, b: int = 0) -> int:\n    """Return the sum."""\n{stub}',
        ),
        (
            "code",
            "question1-3",
            f"{counter}        # Your code here.\n        raise NotImplementedError",
        ),
        ("markdown", "question2-heading", "## Doubling (4 points)"),
        ("code", "question2-1", "import math"),
        ("code", "question2-2", f"# Your code here.\n# Doubles a number.\ndef double(x):\n{stub}"),
        ("markdown", "check-heading", "## Check your work\n\nSave the notebook first."),
        ("code", "check", "!python -m pytest -q checks"),
    ]


def test_building_twice_changes_nothing(tmp_path: Path) -> None:
    folder = write_homework(tmp_path / "hw0")
    spec = load_assignment(folder)
    first = write_handout(folder, spec)

    assert len(first) == 6
    assert stale_files(folder, spec) == []
    assert write_handout(folder, spec) == []


def test_a_changed_master_makes_the_handout_stale(tmp_path: Path) -> None:
    folder = write_homework(tmp_path / "hw0")
    spec = load_assignment(folder)
    write_handout(folder, spec)
    (folder / "solution" / "question2.py").write_text(QUESTION2.replace("Doubles", "Doubling"))
    (folder / "handout" / "left.py").write_text("")

    assert stale_files(folder, spec) == ["hw0.ipynb", "left.py", "question2.py"]
    write_handout(folder, spec)
    assert not (folder / "handout" / "left.py").exists()


@pytest.mark.parametrize(
    ("question2", "fault"),
    [
        (
            QUESTION2 + "\n\ndef add(a, b):\n    return a + b\n",
            (
                "solution/question2.py:19: binds 'add' to something else than question1.py does. "
                "In the notebook they are one namespace: rename one of them."
            ),
        ),
        (
            QUESTION2.replace("import math", "import cmath as math"),
            (
                "solution/question2.py:1: binds 'math' to something else than question1.py does. "
                "In the notebook they are one namespace: rename one of them."
            ),
        ),
        (
            QUESTION2.replace("import add", "import add as plus"),
            (
                "solution/question2.py:3: imports another question file in a way that has no "
                "meaning "
                "in a notebook. Write 'from question1 import name' at the top of the file."
            ),
        ),
        (
            QUESTION2.replace("import math", "import question1"),
            (
                "solution/question2.py:1: imports another question file in a way that has no "
                "meaning "
                "in a notebook. Write 'from question1 import name' at the top of the file."
            ),
        ),
    ],
)
def test_what_cannot_share_a_namespace_is_a_fault(
    tmp_path: Path, question2: str, fault: str
) -> None:
    with pytest.raises(AssignmentInvalid) as caught:
        build(tmp_path / "hw0", {"solution/question2.py": question2})

    assert fault in [str(found) for found in caught.value.faults]


def test_a_public_conftest_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(AssignmentInvalid, match=r"checks/public/conftest\.py: would be replaced"):
        build(tmp_path / "hw0", {"checks/public/conftest.py": ""})


def test_the_solved_notebook_holds_the_solution(tmp_path: Path) -> None:
    folder = write_homework(tmp_path / "hw0")
    spec = load_assignment(folder)
    upload = triage({"solved.ipynb": solution_notebook(folder, spec)}, spec)

    assert [cell.source for cell in upload.modules[0].cells][-2:] == [
        "def _twice(x):\n    return add(x, x)",
        "# Doubles a number.\ndef double(x):\n    return _twice(x)",
    ]


def run_checks(folder: Path, *options: str) -> str:
    """Run the shipped checks as a student would, in a process of their own."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    # Nothing of the service is on a student's machine; pytest's Django plugin would look for it.
    env = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.fixture
def solved(tmp_path: Path) -> Path:
    """A handout whose notebook is solved and whose `.py` files are not there."""
    folder = write_homework(tmp_path / "hw0")
    spec = load_assignment(folder)
    write_handout(folder, spec)
    handout = folder / "handout"
    for name in spec.files.required:
        (handout / name).unlink()
    (handout / "hw0.ipynb").write_bytes(solution_notebook(folder, spec))
    return handout


def test_the_shipped_checks_fail_on_the_handout_and_give_the_hint(tmp_path: Path) -> None:
    folder = write_homework(tmp_path / "hw0")
    write_handout(folder, load_assignment(folder))

    told = run_checks(folder / "handout", "checks", "--files")

    assert "public checks on the .py files: 0 of 2 points" in told
    assert "Look at the example." in told
    assert "1 failed" in told


def test_the_shipped_checks_read_the_notebook(solved: Path) -> None:
    assert "public checks on hw0.ipynb: 2 of 2 points" in run_checks(solved, "checks")
    assert "1 passed" in run_checks(solved)


def test_the_last_saved_form_is_checked(tmp_path: Path) -> None:
    folder = write_homework(tmp_path / "hw0")
    spec = load_assignment(folder)
    write_handout(folder, spec)
    handout = folder / "handout"
    (handout / "question1.py").write_text(QUESTION1)

    assert "public checks on the .py files: 2 of 2" in run_checks(handout, "checks")
    assert "public checks on hw0.ipynb: 0 of 2" in run_checks(handout, "checks", "--notebook")


TENSORS = """
import pytest
import torch


@pytest.mark.parametrize(
    ("actual", "expected", "message"),
    [
        ([1.0], torch.ones(1), "expected a tensor, got list"),
        (torch.ones(1, 2), torch.ones(2), "shape is torch.Size([1, 2])"),
        (torch.ones(2).double(), torch.ones(2), "dtype is torch.float64"),
        (torch.tensor([1.0, float("nan")]), torch.ones(2), "1 of 2 values are nan or infinite"),
        (torch.zeros(2), torch.ones(2), "Mismatched elements: 2 / 2"),
    ],
)
def test_difference(assert_tensor, actual, expected, message):
    with pytest.raises(pytest.fail.Exception) as caught:
        assert_tensor(actual, expected)
    assert message in str(caught.value)


def test_equal(assert_tensor, rng, seed):
    assert_tensor(torch.ones(2, requires_grad=True), torch.ones(2))
    assert rng.integers(2**32) >= 0 <= seed


@pytest.mark.points(5)
def test_partial(award):
    award(2, "half way")
"""


def test_the_shipped_fixtures_do_what_the_real_ones_do(tmp_path: Path) -> None:
    changed = DECLARATION.replace(
        '"public/test_question1.py"', '"public/test_question1.py", "public/test_tensors.py"'
    )
    changes: dict[str, str | None] = {
        "assignment.toml": changed,
        "checks/public/test_tensors.py": TENSORS,
    }
    folder = write_homework(tmp_path / "hw0", changes)
    write_handout(folder, load_assignment(folder))

    told = run_checks(folder / "handout", "checks/test_tensors.py", "--seed", "7")

    assert "7 passed" in told
    assert "2 of 5 points (to repeat: --seed 7)" in told
