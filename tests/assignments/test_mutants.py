"""Mutants as files: their expectations, and what they are laid over."""

from __future__ import annotations

from pathlib import Path

import pytest

from assignments.errors import AssignmentInvalid
from assignments.loader import load_assignment, mutant_files
from tests.assignments.homework import DECLARATION, EXPECTATION, FILES, write_homework


def test_hints_of_mutants_are_read_and_off_by_default(tmp_path: Path) -> None:
    hint = f'{EXPECTATION}hint = "This is what happens when you square."\n'
    folder = write_homework(tmp_path / "hw0", {"mutants/squares/expect.toml": hint})
    assert load_assignment(folder).mutant_hints is False

    (folder / "assignment.toml").write_text(f"{DECLARATION}\n[feedback]\nmutant_hints = true\n")
    spec = load_assignment(folder)

    assert spec.mutant_hints is True
    assert [mutant.hint for mutant in spec.mutants] == ["This is what happens when you square."]


@pytest.mark.parametrize(
    "expectation",
    [f"{EXPECTATION}cheat = true\n", 'description = "No file"\nverdict = "rejected"\n'],
)
def test_no_hint_for_cheats_and_rejected_uploads(tmp_path: Path, expectation: str) -> None:
    hinted = {"mutants/squares/expect.toml": f'{expectation}hint = "You cheat."\n'}
    folder = write_homework(tmp_path / "hw0", dict(hinted))

    with pytest.raises(AssignmentInvalid) as caught:
        load_assignment(folder)

    assert [(fault.field, fault.message) for fault in caught.value.faults] == [
        ("hint", "is set, but a cheat or a rejected submission gets none.")
    ]


def test_a_mutant_is_laid_over_the_solution(tmp_path: Path) -> None:
    folder = write_homework(tmp_path / "hw0")
    [mutant] = load_assignment(folder).mutants

    assert mutant_files(folder, load_assignment(folder), mutant) == {
        "question1.py": FILES["solution/question1.py"].encode(),
        "question2.py": b"def double(x):\n    return x * x\n",
    }


def test_a_mutant_notebook_takes_the_place_of_the_files(tmp_path: Path) -> None:
    folder = write_homework(
        tmp_path / "hw0",
        {"mutants/squares/question2.py": None, "mutants/squares/wrong.ipynb": "{}"},
    )
    [mutant] = load_assignment(folder).mutants

    assert mutant_files(folder, load_assignment(folder), mutant) == {"wrong.ipynb": b"{}"}
