"""Broken submissions: one clear sentence each, and the other problems keep their points."""

from __future__ import annotations

import pytest

from runners.contract import Verdict
from tests.runners.conftest import Grade, outcomes

TWO = """
    import question1, question2
    def test_one(): assert question1.f(1) == 1
    def test_two(): assert question2.g(1) == 1
"""
GOOD = "def g(x): return x"
PROVIDES = {"question1.f": "(x)", "question2.g": "(x)"}


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("def f(x):\n    return (x", ["question1.py, line 2", "SyntaxError", "mend that line"]),
        ("import nosuchpackage\ndef f(x): return x", ["question1.py, line 1", "nosuchpackage"]),
        ("raise ValueError('no')\ndef f(x): return x", ["question1.py, line 1", "ValueError: no"]),
        ("while True: pass", ["question1.py", "still running after 2 seconds", "__main__"]),
        ("import os\nos._exit(0)", ["question1.py", "ended the Python process"]),
        ("import ctypes\nctypes.string_at(0)", ["question1.py", "signal 11"]),
        ("import sys\nsys.exit()", ["question1.py, line 2", "SystemExit"]),
        ("def F(x): return x", ["question1.py does not define `f`", "exactly this name"]),
        ("def f(): return 1", ["question1.py", "`f` takes ()", "`f(x)`"]),
        ("x = input()", ["question1.py, line 1", "EOFError"]),
        ("-" * 100_000 + "1", ["question1.py"]),
        ("x = " + "(" * 5_000, ["question1.py"]),
    ],
)
def test_the_student_is_told_and_the_other_problem_keeps_its_points(
    grade: Grade, source: str, says: list[str]
) -> None:
    seen = grade(TWO, source, GOOD, provides=PROVIDES, load_seconds=2)
    assert outcomes(seen)["test_two"] == "passed"
    assert outcomes(seen)["test_one"] != "passed"
    told = [notice for notice in seen.notices if all(part in notice for part in says)]
    assert told, seen.notices


def test_names_defined_before_a_late_error_still_count(grade: Grade) -> None:
    seen = grade(TWO, "def f(x): return x\n\nprint(undefined)", GOOD, provides=PROVIDES)
    assert set(outcomes(seen).values()) == {"passed"}
    assert "question1.py, line 3: NameError" in seen.notices[0]


def test_a_function_that_returns_none_is_named_as_such(grade: Grade) -> None:
    check = """
        import torch
        from question1 import f
        def test_none(assert_tensor): assert_tensor(f(1), torch.ones(1))
    """
    seen = grade({"public/test_it.py": check}, "def f(x): x + 1")
    assert "returned None" in seen.checks[0].message


def test_a_wrong_signature_is_explained_in_a_visible_check(grade: Grade) -> None:
    check = "from question1 import f\ndef test_it(): f(1, 2)"
    seen = grade({"public/test_it.py": check}, "def f(x):\n    return x")
    assert "TypeError" in seen.checks[0].message
    assert "takes 1 positional argument" in seen.checks[0].message


def test_nothing_to_grade_is_rejected_with_the_reason(grade: Grade) -> None:
    seen = grade("import question1\ndef test_it(): question1.f(1)", "import os\nos._exit(0)",
                 provides={"question1.f": "(x)"})  # fmt: skip
    assert seen.verdict is Verdict.REJECTED
    assert "question1.py" in seen.reason
    assert not seen.checks


def test_an_empty_submission_is_graded_with_nothing(grade: Grade) -> None:
    seen = grade(TWO, "", "", provides=PROVIDES)
    assert seen.verdict is Verdict.GRADED
    assert seen.points == 0


NOTEBOOK_CHECK = """
    import notebook
    from question1 import f
    def test_f(): assert f(1) == 1
    def test_late(): assert notebook.late() == 2
    def test_broken(): notebook.broken()
"""


def test_a_notebook_runs_cell_by_cell(grade: Grade) -> None:
    cells = (
        "import torch",
        "%matplotlib inline\n!pip install torch\nfiles = !ls\ndef f(x):\n    return x % 2\n",
        "%%bash\nrm -rf /",
        "%%time\ntext = '''\n!not a shell line\n% nor a magic\n'''",
        "raise RuntimeError('five')",
        "def late():\n    assert '!not' in text\n    return 2",
        "def broken(:\n    pass",
        "print?",
    )
    seen = grade(NOTEBOOK_CHECK, cells=cells)
    assert outcomes(seen) == {"test_f": "passed", "test_late": "passed", "test_broken": "failed"}
    told = "\n".join(seen.notices)
    assert "hw.ipynb, code cell 5, line 1: RuntimeError: five" in told
    assert "hw.ipynb, code cell 7" in told
    assert "SyntaxError" in told
    assert "code cell 2: the line `!pip install torch` was left out" in told
    assert "code cell 3: the line `%%bash` was left out" in told
    assert "not a shell" not in told


@pytest.mark.parametrize("bad", ["while True: pass", "import os; os._exit(1)"])
def test_a_cell_that_hangs_or_crashes_keeps_the_cells_before_it(grade: Grade, bad: str) -> None:
    cells = ("def f(x): return x", bad, "def late(): return 2")
    seen = grade(NOTEBOOK_CHECK, cells=cells, load_seconds=2)
    assert outcomes(seen)["test_f"] == "passed"
    assert "code cell 2" in "\n".join(seen.notices)


def test_modules_of_a_submission_import_each_other(grade: Grade) -> None:
    seen = grade(TWO, "def f(x): return x", "from question1 import f\ndef g(x): return f(x)")
    assert set(outcomes(seen).values()) == {"passed"}
