"""The notebook's cell of answers: handed out, filled in, and read without being run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assignments.answers.typed import right_answers
from assignments.build import build_handout, solution_notebook
from assignments.errors import AssignmentInvalid, UploadRejected
from assignments.loader import load_assignment
from assignments.spec import AssignmentSpec
from assignments.triage import TriagedUpload, triage
from tests.assignments.homework import DECLARATION, QUESTION1, write_homework
from tests.assignments.questions import ANSWERS
from tests.assignments.uploads import code, markdown, notebook

CODE = code("def add(a, b=0): ...")
MARK = "# answers.toml: this cell is read"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    toml = DECLARATION.replace("points = 10", "points = 22", 1) + ANSWERS
    return write_homework(tmp_path_factory.mktemp("course") / "hw0", {"assignment.toml": toml})


@pytest.fixture(scope="module")
def spec(folder: Path) -> AssignmentSpec:
    return load_assignment(folder)


def tagged(source: Any, *tags: str) -> dict[str, Any]:
    return code(source, metadata={"tags": list(tags)})


def handed_in(spec: AssignmentSpec, *cells: dict[str, Any], **files: str) -> TriagedUpload:
    others = {f"{name}.toml": text.encode() for name, text in files.items()}
    return triage({"mine.ipynb": notebook(*cells), **others}, spec)


def test_the_handout_asks_in_one_cell_that_may_be_run(folder: Path, spec: AssignmentSpec) -> None:
    cells = json.loads(build_handout(folder, spec)["hw0.ipynb"])["cells"]
    [position] = [i for i, c in enumerate(cells) if "answers" in c["metadata"].get("tags", [])]
    questions, answers = cells[position - 1], cells[position]

    assert "".join(questions["source"]).startswith(
        "## Back-of-the-envelope numbers (12 points)\n\n"
        "**Bytes of the parameters** (3 points), `model_bytes`\n\n"
        "A model has $1.3 \\cdot 10^9$ parameters. How much memory do they take in fp16?\n\n"
    )
    source = "".join(answers["source"])
    assert source.startswith("# answers.toml: this cell is read and not run; ")
    assert 'model_bytes = ""' in source.splitlines()
    names: dict[str, Any] = {}
    exec(source, names)  # ours: it is what a student's Jupyter would do
    assert names["stages"] == [["", ""], ["", ""]]


def test_the_solved_notebook_answers_everything(folder: Path, spec: AssignmentSpec) -> None:
    upload = triage({"solved.ipynb": solution_notebook(folder, spec)}, spec)

    assert upload.answers == right_answers(spec)
    assert all("model_bytes" not in cell.source for cell in upload.modules[0].cells)
    assert "skip-grading" in "".join(upload.notices)  # the checks' cell, and not the answers'
    assert upload.notices[0].startswith("1 code cell(s)")


@pytest.mark.parametrize(
    "cell",
    [
        tagged('bound = "b"', "answers"),
        tagged([f"{MARK}\n", 'bound = "b"'], "mine"),
        code(f'\n{MARK}\nbound = "b"'),
        {**markdown(f'{MARK}\nbound = "b"'), "cell_type": "raw"},
        markdown(f'{MARK}\nbound = "b"'),
    ],
)
def test_the_cell_is_known_by_its_tag_or_first_line(
    spec: AssignmentSpec, cell: dict[str, Any]
) -> None:
    upload = handed_in(spec, CODE, cell, tagged("", "answers"))

    assert upload.answers == {"bound": "b"}
    assert [c.source for c in upload.modules[0].cells] == [CODE["source"]]


def test_a_notebook_of_answers_alone_is_taken(spec: AssignmentSpec) -> None:
    upload = handed_in(spec, tagged('bound = "b"', "answers"))

    assert (upload.modules, upload.answers) == ((), {"bound": "b"})


def test_answers_may_stand_in_two_places(spec: AssignmentSpec) -> None:
    cell = tagged('bound = "b"\nmodel_bytes = ""', "answers")
    upload = handed_in(spec, CODE, cell, answers='bound = "b"\nmodel_bytes = "1 GB"')

    assert upload.answers == {"bound": "b", "model_bytes": "1 GB"}


REFUSED = [
    (
        [tagged('bound = "a"', "answers")],
        {"answers": 'bound = "b"'},
        (
            "bound has one answer in answers.toml and another one in mine.ipynb: keep one of the "
            "two and upload again."
        ),
    ),
    (
        [tagged('bound = "a"', "answers"), tagged('bound = "b"', "answers")],
        {},
        "mine.ipynb has 2 cells of answers: keep one of them, save the notebook and upload again.",
    ),
    (
        [tagged("model_bytes = 2 * 1.3e9", "answers")],
        {},
        (
            "The cell of answers in mine.ipynb cannot be read (Expected newline or end of document "
            "after a statement (at line 1, column 17)): write each answer in quotes, such as "
            'x = "2.6 GB", and a table as a list of rows.'
        ),
    ),
]


@pytest.mark.parametrize(("cells", "files", "message"), REFUSED)
def test_what_is_refused(
    spec: AssignmentSpec, cells: list[dict[str, Any]], files: dict[str, str], message: str
) -> None:
    with pytest.raises(UploadRejected) as caught:
        handed_in(spec, CODE, *cells, **files)
    assert caught.value.message == message


def test_without_questions_such_a_cell_is_code(tmp_path: Path) -> None:
    plain = load_assignment(write_homework(tmp_path / "hw0"))
    upload = handed_in(plain, CODE, tagged("x = 1", "answers"))

    assert [cell.source for cell in upload.modules[0].cells] == [CODE["source"], "x = 1"]


def test_a_question_is_not_named_like_a_function(tmp_path: Path) -> None:
    toml = DECLARATION.replace("points = 10", "points = 22", 1) + ANSWERS
    changes: dict[str, str | None] = {
        "assignment.toml": toml.replace('id = "bound"', 'id = "add"'),
        "solution/question1.py": QUESTION1,
    }
    folder = write_homework(tmp_path / "hw0", changes)
    with pytest.raises(AssignmentInvalid) as caught:
        build_handout(folder, load_assignment(folder))

    assert [str(fault) for fault in caught.value.faults] == [
        (
            "assignment.toml: problems.answers: asks for 'add', which question2.py defines. "
            "In the notebook one would overwrite the other: rename the question."
        )
    ]
