from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from assignments.build import write_handout
from assignments.errors import UploadRejected
from assignments.loader import load_assignment
from assignments.spec import AssignmentSpec
from assignments.triage import TriagedCell, TriagedModule, TriagedUpload, opened, triage
from tests.assignments.homework import write_homework
from tests.assignments.uploads import SOURCES, code, markdown, notebook, tarred, zipped

BOTH = (
    TriagedModule(("question1",), "question1.py", (TriagedCell("def add(a, b=0): ...\n"),)),
    TriagedModule(("question2",), "question2.py", (TriagedCell("def double(x): ...\n"),)),
)
NOTEBOOK = notebook(markdown("# Title"), code("import math"), code("def add(a, b=0): ..."))


def refusal(upload: Path | dict[str, bytes], spec: AssignmentSpec) -> str:
    with pytest.raises(UploadRejected) as caught:
        triage(upload, spec)
    return caught.value.message


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def test_a_folder_and_a_mapping_give_the_same(tmp_path: Path, spec: AssignmentSpec) -> None:
    folder = write(tmp_path / "mine", SOURCES)

    assert triage(folder, spec) == triage(SOURCES, spec) == TriagedUpload(BOTH)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("hw0.zip", zipped(SOURCES)),
        ("hw0.zip", zipped({f"hw0/{n}": data for n, data in SOURCES.items()} | {"hw0/": b""})),
        ("HW0.ZIP", zipped({f"a/b/{n}": data for n, data in SOURCES.items()})),
        ("hw0.tar.gz", tarred(list(SOURCES.items()))),
        ("hw0.tgz", tarred([(f"./hw0/{n}", data) for n, data in SOURCES.items()])),
        ("hw0.tar", tarred(list(SOURCES.items()), mode="")),
    ],
    ids=["zip", "one folder", "two folders", "tar.gz", "tgz", "tar"],
)
def test_an_archive_is_its_files(
    tmp_path: Path, spec: AssignmentSpec, name: str, data: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(data)

    assert triage(path, spec) == triage({name: data}, spec) == TriagedUpload(BOTH)


def test_what_computers_leave_behind_is_ignored_silently(spec: AssignmentSpec) -> None:
    junk = {
        "hw0/.DS_Store": b"x",
        "__MACOSX/hw0/._question1.py": b"x",
        "hw0/__pycache__/question1.cpython-311.pyc": b"x",
        "hw0/.git/config": b"x",
        "hw0/.ipynb_checkpoints/hw0-checkpoint.ipynb": b"x",
    }
    files = {f"hw0/{name}": data for name, data in SOURCES.items()}

    assert triage({"hw0.zip": zipped(junk | files)}, spec) == TriagedUpload(BOTH)


def test_optional_files_come_along_and_extras_are_named(spec: AssignmentSpec) -> None:
    more = {"notes.txt": b"hello", "other.py": b"\xff", "data/x.csv": b"1"}

    assert triage(SOURCES | more, spec) == TriagedUpload(
        BOTH,
        {"notes.txt": b"hello"},
        ("Left out, because this homework does not ask for it: data/x.csv, other.py.",),
    )


def test_many_extras_are_counted(spec: AssignmentSpec) -> None:
    more = {f"x{number}.dat": b"" for number in range(8)}

    assert triage(SOURCES | more, spec).notices == (
        (
            "Left out, because this homework does not ask for it: "
            "x0.dat, x1.dat, x2.dat, x3.dat, x4.dat and 3 more."
        ),
    )


ALL = (
    "upload all of question1.py, question2.py or one notebook (hw0.ipynb) in place of the .py "
    "files."
)
MISSING = [
    ({"question1.py": b""}, f"question2.py is missing: {ALL}"),
    ({"a.txt": b""}, f"question1.py; question2.py are missing: {ALL}"),
    (
        {"question1.py": b"", "Question2.py": b""},
        f"question2.py (rename Question2.py to question2.py) is missing: {ALL}",
    ),
    (
        {"question1 (1).py": b"", "question2.py": b""},
        f"question1.py (rename question1 (1).py to question1.py) is missing: {ALL}",
    ),
    (
        {"question1.py": b"", "queston2.py": b""},
        "question2.py (did you mean queston2.py? Rename it to question2.py) is missing: " + ALL,
    ),
    (
        {"question1.py": b"", "work/question2.py": b""},
        f"question2.py (move work/question2.py out of its folder) is missing: {ALL}",
    ),
    ({"question1.py.txt": b""}, None),
]


@pytest.mark.parametrize(("files", "message"), MISSING)
def test_missing_files_are_named_with_the_one_that_was_meant(
    spec: AssignmentSpec, files: dict[str, bytes], message: str | None
) -> None:
    told = refusal(files, spec)

    assert message in (None, told)
    assert "missing" in told


def test_an_empty_upload_is_refused(tmp_path: Path, spec: AssignmentSpec) -> None:
    (tmp_path / "empty").mkdir()
    message = "The upload holds no files: choose the files of this homework and upload again."

    assert refusal({}, spec) == message
    assert refusal(tmp_path / "empty", spec) == message
    assert refusal({"hw0.zip": zipped({})}, spec) == message


def test_too_many_bytes_are_refused(spec: AssignmentSpec) -> None:
    assert refusal(SOURCES | {"notes.txt": b"x" * 100_001}, spec) == (
        "The upload holds more than the 0.1 MB that this homework takes (counted unpacked): leave "
        "out data, models and outputs, and upload again."
    )
    assert refusal({"mine.ipynb": NOTEBOOK + b" " * 100_000}, spec) == (
        "mine.ipynb is larger than the 0.1 MB that this homework takes: clear its outputs (in "
        "Jupyter: Edit, Clear Outputs of All Cells), save it and upload again."
    )


def test_a_path_that_is_not_there_is_no_refusal(tmp_path: Path, spec: AssignmentSpec) -> None:
    with pytest.raises(FileNotFoundError):
        triage(tmp_path / "gone.zip", spec)


def test_links_and_pipes_in_a_folder_are_refused(tmp_path: Path, spec: AssignmentSpec) -> None:
    linked = write(tmp_path / "linked", SOURCES)
    (linked / "notes.txt").symlink_to("/etc/passwd")
    piped = write(tmp_path / "piped", SOURCES)
    os.mkfifo(piped / "notes.txt")

    remedy = "and not a file: put the file itself in its place."
    assert refusal(linked, spec) == f"notes.txt is a link {remedy}"
    assert refusal(piped, spec) == f"notes.txt is a device {remedy}"


def test_an_archive_stands_alone(spec: AssignmentSpec) -> None:
    assert refusal({"a.zip": zipped(SOURCES), "question1.py": b""}, spec) == (
        "The upload holds the archive a.zip beside other files: upload one archive, or the files "
        "themselves."
    )
    assert refusal({"a.rar": b"Rar!"}, spec) == (
        "a.rar is an archive that cannot be read here: make a .zip or .tar.gz, or upload the "
        "files themselves."
    )


def test_a_notebook_answers_to_all_modules(spec: AssignmentSpec) -> None:
    cells = (TriagedCell("import math", 1), TriagedCell("def add(a, b=0): ...", 2))
    module = TriagedModule(("question1", "question2"), "My work.ipynb", cells)
    expected = TriagedUpload((module,), {"notes.txt": b"n"})

    files = {"My work.ipynb": NOTEBOOK, "notes.txt": b"n"}
    assert triage(files, spec) == expected
    assert triage({"hw0.zip": zipped({f"hw0/{n}": d for n, d in files.items()})}, spec) == expected


def test_two_notebooks_are_refused_by_name(spec: AssignmentSpec) -> None:
    assert refusal({"a.ipynb": NOTEBOOK, "b.ipynb": NOTEBOOK}, spec) == (
        "The upload holds more than one notebook (a.ipynb and b.ipynb): keep the one to be graded "
        "and upload again."
    )


def test_a_notebook_beside_the_files_is_refused(spec: AssignmentSpec) -> None:
    assert refusal(SOURCES | {"a.ipynb": NOTEBOOK}, spec) == (
        "The upload holds both the notebook a.ipynb and question1.py, question2.py: keep either "
        "the notebook or the .py files, whichever is to be graded."
    )


def test_a_homework_without_notebooks_says_so(spec: AssignmentSpec) -> None:
    files_only = replace(spec, files=replace(spec.files, notebook=None))

    assert refusal({"a.ipynb": NOTEBOOK}, files_only) == (
        "This homework takes question1.py, question2.py and no notebook: copy your code from "
        "a.ipynb into the .py files and upload these."
    )
    assert triage(SOURCES | {"a.ipynb": NOTEBOOK}, files_only).modules == BOTH


@pytest.fixture
def handed_out(tmp_path: Path) -> tuple[AssignmentSpec, dict[str, bytes]]:
    """The homework after its build, and the files of its handout."""
    folder = write_homework(tmp_path / "built")
    write_handout(folder, load_assignment(folder))
    handout = folder / "handout"
    files = {p.relative_to(handout).as_posix(): p for p in handout.rglob("*") if p.is_file()}
    return load_assignment(folder), {name: path.read_bytes() for name, path in files.items()}


def test_the_whole_handout_with_work_in_the_files(
    handed_out: tuple[AssignmentSpec, dict[str, bytes]],
) -> None:
    spec, files = handed_out

    assert triage(files | SOURCES, spec) == TriagedUpload(
        BOTH, notices=("hw0.ipynb is as we handed it out and was left aside.",)
    )


def test_the_whole_handout_with_work_in_the_notebook(
    handed_out: tuple[AssignmentSpec, dict[str, bytes]],
) -> None:
    spec, files = handed_out
    upload = triage(files | {"hw0.ipynb": NOTEBOOK}, spec)

    assert [module.origin for module in upload.modules] == ["hw0.ipynb"]
    assert upload.notices == ("question1.py, question2.py are as handed out and were left aside.",)


def test_a_copied_notebook_beats_the_untouched_one(
    handed_out: tuple[AssignmentSpec, dict[str, bytes]],
) -> None:
    spec, files = handed_out
    upload = triage(files | {"mine.ipynb": NOTEBOOK}, spec)

    assert [module.origin for module in upload.modules] == ["mine.ipynb"]


def test_the_untouched_handout_is_graded_by_its_files(
    handed_out: tuple[AssignmentSpec, dict[str, bytes]],
) -> None:
    spec, files = handed_out

    assert [m.origin for m in triage(files, spec).modules] == ["question1.py", "question2.py"]
    assert json.loads(files["hw0.ipynb"])["nbformat"] == 4


@pytest.mark.parametrize(
    "upload",
    [
        SOURCES,
        {"hw0.zip": zipped({f"hw0/{name}": data for name, data in SOURCES.items()})},
        {**SOURCES, ".DS_Store": b"\0"},
    ],
    ids=["files", "an archive", "files and junk"],
)
def test_an_upload_is_opened_as_it_is_triaged(
    upload: dict[str, bytes], spec: AssignmentSpec
) -> None:
    assert opened(upload, spec) == SOURCES


def test_an_archive_beside_files_is_not_opened(spec: AssignmentSpec) -> None:
    with pytest.raises(UploadRejected, match="upload one archive, or the files themselves"):
        opened({**SOURCES, "hw0.zip": zipped(SOURCES)}, spec)
