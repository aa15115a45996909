"""A suite broken in each of the ways that happen: the gate refuses it and says what to do.

Everything is graded for real, under bubblewrap.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from assignments.__main__ import main
from tests.assignments import homework
from tests.assignments.homework import FILES, write_homework
from tests.capabilities import require

HIDDEN = "checks/hidden/test_question2.py"
FLAKY = '''\
import pytest
from question2 import double


@pytest.mark.points(4)
@pytest.mark.hint("Twice, not squared.")
def test_double(seed):
    """Doubles"""
    assert double(3) == 6 + seed % 2, "3 doubled, every other time"
'''

BROKEN: dict[str, tuple[dict[str, str | None], list[str]]] = {
    "the reference fails": (
        {HIDDEN: homework.HIDDEN_QUESTION2.replace("== 6", "== 7")},
        ["reference", "hidden/test_question2.py::test_double", "3 doubled"],
    ),
    "a mutant survives": (
        {"mutants/squares/question2.py": "def double(x):\n    return 2 * x\n"},
        ["mutants/squares", "hidden/test_question2.py::test_double"],
    ),
    "points do not add up": (
        {HIDDEN: homework.HIDDEN_QUESTION2.replace("points(4)", "points(3)")},
        ["double", "3", "4"],
    ),
    "a flaky check": ({HIDDEN: FLAKY}, ["hidden/test_question2.py::test_double"]),
    "a syntax error": (
        {HIDDEN: homework.HIDDEN_QUESTION2.replace("def test_double():", "def test_double(:")},
        ["test_question2.py:7", "Correct that line"],
    ),
}


def check(folder: Path, repeats: int) -> int:
    require("bubblewrap")
    arguments = ["--root", str(folder), "--sandbox", "bubblewrap", "--repeats", str(repeats)]
    return main(["check", *arguments])


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_suite_is_refused_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    write_homework(tmp_path / "hw0")
    assert main(["build", "--root", str(tmp_path)]) == 0
    changes, says = BROKEN[how]
    assert changes != {name: FILES[name] for name in changes}
    write_homework(tmp_path / "hw0", changes)
    capsys.readouterr()

    code = check(tmp_path, repeats=12 if how == "a flaky check" else 1)

    told = capsys.readouterr().err
    assert code == 1, told
    assert [part for part in says if part not in told] == []
    assert "Traceback (most recent call last)" not in told


def test_the_same_suite_unbroken_may_be_published(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_homework(tmp_path / "hw0")
    main(["build", "--root", str(tmp_path)])
    assert check(tmp_path, repeats=3) == 0
    assert "may be published" in capsys.readouterr().out
