from __future__ import annotations

import hashlib
from decimal import Decimal
from pathlib import Path

import pytest

from assignments.errors import AssignmentInvalid
from assignments.loader import (
    handout_signatures,
    load_assignment,
    read_suite,
)
from assignments.spec import AssignmentSpec, FilesSpec, LimitsSpec, NotebookSpec
from tests.assignments.homework import (
    DECLARATION,
    EXPECTATION,
    declaration,
    write_homework,
)

MUTANT = "mutants/squares/expect.toml"
HIDDEN2 = "hidden/test_question2.py"


def faults_of(folder: Path, changes: dict[str, str | None]) -> list[str]:
    with pytest.raises(AssignmentInvalid) as caught:
        load_assignment(write_homework(folder / "hw0", changes))
    return [str(fault) for fault in caught.value.faults]


def test_a_sound_folder_becomes_a_spec(spec: AssignmentSpec) -> None:
    assert (spec.slug, spec.title, spec.points) == ("hw0", "Homework 0: Small sums", Decimal(10))
    assert spec.isolation == "split"
    assert spec.attempts_per_day == 3
    assert spec.limits == LimitsSpec(check_seconds=2.5, memory_mb=512)
    assert spec.files == FilesSpec(
        required=("question1.py", "question2.py"),
        optional=("*.txt",),
        max_bytes=100_000,
        notebook=NotebookSpec("hw0.ipynb", ("question1", "question2")),
    )
    assert [(p.id, p.kind, p.points) for p in spec.problems] == [
        ("add", "code", Decimal(6)),
        ("double", "code", Decimal(4)),
    ]
    assert [(m.name, m.fails, m.verdict) for m in spec.mutants] == [
        ("squares", ("hidden/test_question2.py::test_double",), "graded")
    ]


def with_resources(text: str) -> dict[str, str | None]:
    return {"assignment.toml": f"{DECLARATION}\n[resources]\n{text}\n"}


def test_what_happens_without_a_gpu_is_declared(tmp_path: Path) -> None:
    def read(text: str) -> tuple[int, str]:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        spec = load_assignment(write_homework(folder / "hw0", with_resources(text)))
        return spec.gpus, spec.without_gpu

    assert read("") == (0, "wait")
    assert read("gpus = 1") == (1, "wait")
    assert read('gpus = 2\nwithout_gpu = "cpu"') == (2, "cpu")


def test_points_are_exact(tmp_path: Path) -> None:
    changed = DECLARATION.replace("points = 6", "points = 5.9").replace("points = 4", "points=4.1")
    spec = load_assignment(write_homework(tmp_path / "hw0", {"assignment.toml": changed}))

    assert [p.points for p in spec.problems] == [Decimal("5.9"), Decimal("4.1")]


FAULTS: list[tuple[dict[str, str | None], str]] = [
    (
        {"assignment.toml": None},
        "assignment.toml: is missing. Write it; the README has an example.",
    ),
    (
        {"assignment.toml": "title = \n"},
        (
            "assignment.toml: is not valid TOML: Invalid value (at line 1, column 9). "
            "Correct that line."
        ),
    ),
    (
        declaration("points = 10", "points = 10\nisolaton = 'split'"),
        "assignment.toml: isolaton: is not a known key. Did you mean 'isolation'?",
    ),
    (
        declaration("points = 10", "points = '10'"),
        "assignment.toml: points: is '10'. Write a number above 0.",
    ),
    (
        declaration("points = 10", "points = nan"),
        "assignment.toml: points: is NaN. Write a number above 0.",
    ),
    (
        declaration("points = 10", "points = true"),
        "assignment.toml: points: is true. Write a number above 0.",
    ),
    (
        declaration("points = 10", "points = 12"),
        (
            "assignment.toml: points: is 12, but the problems' points add up to 10. "
            "Change one of them so that they agree."
        ),
    ),
    (
        declaration("points = 10", "points = 10\nisolation = 'splitt'"),
        (
            "assignment.toml: isolation: is 'splitt', which is not a known value. "
            "Did you mean 'split'?"
        ),
    ),
    (
        {"assignment.toml": f"{DECLARATION}\n[resources]\ngpus = 1\nwithout_gpu = 'cpuu'\n"},
        (
            "assignment.toml: resources.without_gpu: is 'cpuu', which is not a known value. "
            "Did you mean 'cpu'?"
        ),
    ),
    (
        {"assignment.toml": f"{DECLARATION}\n[resources]\nwithout_gpu = 'cpu'\n"},
        ("assignment.toml: resources.without_gpu: is set, but no GPU is asked for. Add: gpus = 1"),
    ),
    (
        declaration('title = "Homework 0: Small sums"\n', ""),
        "assignment.toml: title: is missing. Add it.",
    ),
    (
        declaration('["*.txt"]', '"*.txt"'),
        'assignment.toml: files.optional: is \'*.txt\'. Write a list of texts, such as ["a", "b"].',
    ),
    (
        declaration("max_bytes = 100_000", "max_bytes = 0"),
        "assignment.toml: files.max_bytes: is 0. Write a whole number of at least 1.",
    ),
    (
        declaration('optional = ["*.txt"]', 'optional = ["a", "a"]'),
        "assignment.toml: files.optional: names 'a' twice. Name it once.",
    ),
    (
        declaration('"question2.py"]', '"question2.py", "json.py"]'),
        "assignment.toml: files.required: names 'json.py', which hides the module json. Rename.",
    ),
    (
        declaration('"question2.py"]', '"question2.py", "part 3.py"]'),
        "assignment.toml: files.required: names 'part 3.py', which cannot be imported. Rename it.",
    ),
    (
        declaration('"question2.py"]', '"question2.py", "../q.txt"]'),
        (
            "assignment.toml: files.required: names '../q.txt'. "
            "Use a plain path inside the submission."
        ),
    ),
    (
        declaration('modules = ["question1", "question2"]', 'modules = ["question1", "question3"]'),
        (
            "assignment.toml: files.notebook.modules: names 'question3', which is no required .py "
            "file. Use some of: question1, question2."
        ),
    ),
    (
        declaration("check_seconds = 2.5", "check_seconds = -1"),
        "assignment.toml: limits.check_seconds: is -1. Write a number above 0.",
    ),
    (
        declaration("memory_mb = 512", "memory = 512"),
        "assignment.toml: limits.memory: is not a known key. Did you mean 'memory_mb'?",
    ),
    (
        declaration('id = "double"', 'id = "add"'),
        (
            "assignment.toml: problems[2].id: is 'add', as in problems[1]. "
            "Give each problem an id of its own."
        ),
    ),
    (
        declaration('id = "double"', 'id = "Double it"'),
        "assignment.toml: problems[2].id: is 'Double it'. Use small letters, digits, '-' and '_'.",
    ),
    (
        declaration('["hidden/test_question2.py"]', "[]"),
        (
            "assignment.toml: problems[2].checks: is missing. "
            "A code problem names at least one check file."
        ),
    ),
    (
        declaration("points = 4", 'points = 4\nkind = "written"'),
        "assignment.toml: problems[2].checks: stands in a problem of kind 'written'. Remove it.",
    ),
    (
        declaration("points = 4", 'points = 4\nkind = "codes"'),
        (
            "assignment.toml: problems[2].kind: is 'codes', which is not a known value. "
            "Did you mean 'code'?"
        ),
    ),
    (
        declaration('["hidden/test_question2.py"]', '["hidden/test_question3.py"]'),
        (
            "assignment.toml: problems[2].checks: names 'hidden/test_question3.py', which does not "
            "exist. Did you mean 'hidden/test_question2.py'?"
        ),
    ),
    (
        declaration('["hidden/test_question2.py"]', f'["{HIDDEN2}", "hidden/test_question1.py"]'),
        (
            "assignment.toml: problems[2].checks: names 'hidden/test_question1.py', which problem "
            "'add' names too. A check file belongs to one problem."
        ),
    ),
    (
        {"checks/hidden/test_more.py": ""},
        (
            "checks/hidden/test_more.py: belongs to no problem. "
            'Add "hidden/test_more.py" to the checks of a problem, or delete the file.'
        ),
    ),
    (
        {"checks/hidden/test_question2.py": "def test_double(:\n"},
        (
            "checks/hidden/test_question2.py:1: is not valid Python: invalid syntax. "
            "Correct that line."
        ),
    ),
    (
        {"solution/question1.py": None, "solution/Question1.py": "def add(): ..."},
        "solution/question1.py: is missing. Did you mean 'Question1.py'?",
    ),
    (
        declaration('"question1.add"', '"question1.ad"'),
        (
            "assignment.toml: problems[1].provides: names 'question1.ad', which "
            "solution/question1.py "
            "does not define. Did you mean 'add'?"
        ),
    ),
    (
        declaration('"question1.add"', '"qestion1.add"'),
        (
            "assignment.toml: problems[1].provides: names 'qestion1.add', but 'qestion1' is no "
            "required file. Did you mean 'question1'?"
        ),
    ),
    (
        {MUTANT: EXPECTATION + "cheet = true\n"},
        f"{MUTANT}: cheet: is not a known key. Did you mean 'cheat'?",
    ),
    (
        {MUTANT: EXPECTATION.replace("::test_double", "")},
        (
            f"{MUTANT}: fails: names 'hidden/test_question2.py', which is not a check id. "
            "Write it like hidden/test_question1.py::test_shapes."
        ),
    ),
    (
        {MUTANT: EXPECTATION.replace("question2", "question3")},
        (
            f"{MUTANT}: fails: names 'hidden/test_question3.py::test_double', but no problem "
            f"has the "
            "check file 'hidden/test_question3.py'. Did you mean 'hidden/test_question2.py'?"
        ),
    ),
    (
        {MUTANT: EXPECTATION + f'outcomes = {{ "{HIDDEN2}::test_double" = "slow" }}\n'},
        (
            f"{MUTANT}: outcomes: gives '{HIDDEN2}::test_double' the outcome 'slow'. "
            "Use one of: failed, error, timeout, memory, crashed, not_run."
        ),
    ),
    (
        {MUTANT: 'description = "x"\n'},
        f"{MUTANT}: fails: is empty. Name the checks that this mutant must fail.",
    ),
    (
        {MUTANT: EXPECTATION + 'verdict = "rejected"\n'},
        f"{MUTANT}: fails: is set, with the verdict 'rejected'. Remove it.",
    ),
    ({MUTANT: None}, f"{MUTANT}: is missing. Write it; the README has an example."),
    (
        {"mutants/squares/question2.py": None},
        "mutants/squares: holds no file but its expectations. Add the file that is wrong.",
    ),
]


@pytest.mark.parametrize(("changes", "fault"), FAULTS, ids=lambda value: str(value)[:60])
def test_each_fault_names_its_place_and_remedy(
    tmp_path: Path, changes: dict[str, str | None], fault: str
) -> None:
    assert fault in faults_of(tmp_path, changes)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    changes = declaration("per_day = 3", "per_week = 3") | {
        "solution/question2.py": "def double(x:\n",
        "checks/hidden/test_more.py": "",
    }

    assert [fault.split(": ")[0] for fault in faults_of(tmp_path, changes)] == [
        "assignment.toml",
        "checks/hidden/test_more.py",
        "solution/question2.py:1",
    ]


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(AssignmentInvalid, match="hw9: is no folder"):
        load_assignment(tmp_path / "hw9")


def test_the_digest_follows_content_and_not_leftovers(tmp_path: Path) -> None:
    folder = write_homework(tmp_path / "hw0")
    first = load_assignment(folder).digest
    (folder / "checks" / "__pycache__").mkdir()
    (folder / "checks" / "__pycache__" / "x.pyc").write_bytes(b"x")

    assert load_assignment(folder).digest == first
    (folder / "statement.md").write_text("# Other\n")
    assert load_assignment(folder).digest != first


def test_the_suite_is_read_relative_to_checks(tmp_path: Path) -> None:
    folder = write_homework(tmp_path / "hw0", {"checks/hidden/table.txt": "1 2"})
    spec = load_assignment(folder)

    assert sorted(read_suite(folder, spec)) == [
        "hidden/table.txt",
        "hidden/test_question1.py",
        "hidden/test_question2.py",
        "public/test_question1.py",
    ]


def test_signatures_come_without_annotations_and_self(tmp_path: Path) -> None:
    folder = write_homework(tmp_path / "hw0")

    assert handout_signatures(folder, load_assignment(folder)) == {
        "question1.add": "(a, b=0)",
        "question1.Counter": "(start, *, step=1)",
        "question2.double": "(x)",
    }


def test_the_spec_knows_the_handout_by_its_hashes(tmp_path: Path) -> None:
    folder = write_homework(tmp_path / "hw0", {"handout/question1.py": "x = 1\n"})

    assert load_assignment(folder).handout == {
        "question1.py": hashlib.sha256(b"x = 1\n").hexdigest()
    }
