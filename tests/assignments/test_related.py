"""Which checks a change can reach: never too few, and as few as imports can tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from assignments.loader import load_assignment, read_suite, solution_files
from assignments.related import Reach
from tests.assignments.homework import HIDDEN_QUESTION1, QUESTION1, QUESTION2, write_homework

PUBLIC1, HIDDEN1 = "public/test_question1.py", "hidden/test_question1.py"
HIDDEN2 = "hidden/test_question2.py"
ALL = {PUBLIC1, HIDDEN1, HIDDEN2}
MINUS = QUESTION1.replace("a + b", "a - b")
SQUARE = QUESTION2.replace("add(x, x)", "add(x, 0) * x")


def related(
    folder: Path, upload: dict[str, str | None], changes: dict[str, str | None] | None = None
) -> set[str]:
    """The checks that judge the solution with some files changed or (None) left out."""
    homework = write_homework(folder / "hw0", changes)
    spec = load_assignment(homework)
    solution = solution_files(homework, spec)
    reach = Reach(spec, read_suite(homework, spec), solution)
    files = {name: data for name, data in solution.items() if name not in upload}
    files |= {name: text.encode() for name, text in upload.items() if text is not None}
    return set(reach.checks_of(files))


def test_the_solution_itself_reaches_nothing(tmp_path: Path) -> None:
    assert related(tmp_path, {}) == set()


def test_answers_reach_no_check(tmp_path: Path) -> None:
    assert related(tmp_path, {"answers.toml": "x = 1"}) == set()


def test_a_change_reaches_the_checks_that_import_it(tmp_path: Path) -> None:
    assert related(tmp_path, {"question2.py": SQUARE}) == {HIDDEN2}


def test_a_change_spreads_along_the_imports_of_the_solution(tmp_path: Path) -> None:
    assert related(tmp_path, {"question1.py": MINUS}) == ALL


def test_a_mutant_that_drops_an_import_is_still_found_where_it_was_used(tmp_path: Path) -> None:
    alone = "def double(x):\n    return 2 * x\n"
    changes: dict[str, str | None] = {"solution/question2.py": alone}

    assert related(tmp_path, {"question1.py": MINUS}, changes) == {PUBLIC1, HIDDEN1}


SUITES: list[tuple[dict[str, str | None], set[str]]] = [
    (
        {
            HIDDEN1: HIDDEN_QUESTION1 + "from reference import table\n",
            "hidden/reference.py": "import question2\ntable = []\n",
        },
        {HIDDEN1, HIDDEN2},
    ),
    ({"conftest.py": "from question2 import double\n"}, ALL),
    ({"hidden/conftest.py": "from question2 import double\n"}, {HIDDEN1, HIDDEN2}),
    ({"public/conftest.py": "import math\n"}, {HIDDEN2}),
    ({HIDDEN1: HIDDEN_QUESTION1 + "import importlib\nm = importlib\n"}, ALL),
    ({HIDDEN1: HIDDEN_QUESTION1 + "import sys\nm = sys.modules\n"}, ALL),
    ({HIDDEN1: HIDDEN_QUESTION1 + "SOURCE = 'question2'\n"}, {HIDDEN1, HIDDEN2}),
    ({HIDDEN1: HIDDEN_QUESTION1 + "SOURCE = 'question2.double'\n"}, {HIDDEN1, HIDDEN2}),
    ({HIDDEN1: HIDDEN_QUESTION1 + "SOURCE = f'question{2}'\n"}, {HIDDEN1, HIDDEN2}),
    ({HIDDEN1: HIDDEN_QUESTION1 + "SOURCE = 'question20'\n"}, {HIDDEN2}),
    (
        {
            HIDDEN1: HIDDEN_QUESTION1 + "from test_question2 import test_double\n",
            HIDDEN2: "def test_double():\n    'Doubles'\n    from question2 import double\n",
        },
        {HIDDEN1, HIDDEN2},
    ),
]


@pytest.mark.parametrize(("suite", "expected"), SUITES)
def test_helpers_conftests_and_texts_of_the_suite_count(
    tmp_path: Path, suite: dict[str, str | None], expected: set[str]
) -> None:
    changes = {f"checks/{name}": text for name, text in suite.items()}

    assert related(tmp_path, {"question2.py": SQUARE}, changes) == expected


UNSEEN: list[dict[str, str | None]] = [
    {"question2.py": f"{QUESTION2}\nmath.pi = 3\n"},
    {"question2.py": f"{QUESTION2}\nSTATE = math.fsum([1])\n"},
    {"question2.py": f"{QUESTION2}\nclass Late:\n    print()\n"},
    {"question2.py": f"{QUESTION2}\nif True:\n    X = 1\n"},
    {"question2.py": "def double(x:\n"},
    {"question2.py": None},
    {"question9.py": "X = 1\n"},
    {"data.txt": "1"},
]


@pytest.mark.parametrize("upload", UNSEEN)
def test_what_imports_do_not_show_reaches_everything(
    tmp_path: Path, upload: dict[str, str | None]
) -> None:
    assert related(tmp_path, upload) == ALL


def test_names_that_a_module_only_gives_spread_no_further(tmp_path: Path) -> None:
    quiet = f"import math\n{QUESTION2}\nX: int = 1\nY = [2]\n\n\nclass Late:\n    Z = 3\n"

    assert related(tmp_path, {"question2.py": quiet}) == {HIDDEN2}


def test_typed_answers_are_read_by_no_check(tmp_path: Path) -> None:
    assert related(tmp_path, {"answers.toml": "a = 1\n"}) == set()
    assert related(tmp_path, {"answers.toml": "a = 1\n", "question2.py": SQUARE}) == {HIDDEN2}
