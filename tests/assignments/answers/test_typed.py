"""`answers.toml`: as it is handed out, as it comes back, and as strangers make it."""

from __future__ import annotations

import time
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assignments.answers.asking import template
from assignments.answers.text import storable
from assignments.answers.typed import (
    MAX_BYTES,
    Given,
    as_file,
    read_answers_file,
    read_answers_text,
    tidied,
)
from assignments.errors import UploadRejected
from assignments.loader import load_assignment
from assignments.spec import AssignmentSpec
from assignments.triage import triage
from tests.assignments.homework import DECLARATION, write_homework
from tests.assignments.questions import ANSWERS, RIGHT
from tests.assignments.uploads import SOURCES, zipped

TABLE_AND_CHOICE = """
# What stage 2 shards (2 points)
#   weights: Weights
#   gradients: Gradients
#   states: Optimizer states
# Write the names of all that apply, such as ["weights", "gradients"].
sharded = []

# Memory by stage (3 points)
# For 8 devices.
# Write a list of 2 rows with 2 values each.
stages = [
    #  weights | states
    ["", ""],  # stage 0
    ["", ""],  # stage 1
]
"""


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> AssignmentSpec:
    toml = DECLARATION.replace("points = 10", "points = 22", 1) + ANSWERS
    folder: Path = tmp_path_factory.mktemp("course") / "hw0"
    return load_assignment(write_homework(folder, {"assignment.toml": toml}))


def test_the_template_asks_everything_and_answers_nothing(spec: AssignmentSpec) -> None:
    text = template(spec)

    assert read_answers_text("answers.toml", text, spec) == read_answers_text("a", "", spec)
    # It may stand in a notebook's cell that somebody runs.
    compile(text, "answers", "exec")
    assert TABLE_AND_CHOICE in text


def test_numbers_stay_as_they_were_written(spec: AssignmentSpec) -> None:
    text = "model_bytes = 2.50\nproduct = [[1, 1e400], [0x10, nan]]\nbound = 'b'"
    assert read_answers_text("a", text, spec).answers == {
        "model_bytes": "2.50",
        "product": [["1", "1e400"], ["16", "nan"]],
        "bound": "b",
    }


def test_what_nobody_asked_is_told(spec: AssignmentSpec) -> None:
    text = 'bond = "b"\nstages = { a = 1 }\nmodel_bytes = true\nproduct = [[1], 2]\n'
    typed = read_answers_text("answers.toml", text, spec)

    assert typed.answers == {}
    assert sorted(typed.notices) == [
        ("answers.toml answers bond, which this homework does not ask for. Did you mean bound?"),
        (
            "answers.toml: model_bytes could not be read, and counts as not answered. Write a "
            "number with its unit, such as GB, MB or B."
        ),
        (
            "answers.toml: product could not be read, and counts as not answered. Write a list of "
            "2 rows with 2 values each."
        ),
        (
            "answers.toml: stages could not be read, and counts as not answered. Write a list of "
            "2 rows with 2 values each."
        ),
    ]


def test_what_no_database_takes_is_left_out(spec: AssignmentSpec) -> None:
    text = 'bound = " \\u0000b\\n "\nmodel_bytes = """1\nGB"""'
    assert read_answers_text("a", text, spec).answers == {"bound": "b", "model_bytes": "1 GB"}
    assert tidied(spec, {"product": [["\ud800 1", "2\x00"]], "bond": "b"}) == {
        "product": [["1", "2"]]
    }


@pytest.mark.parametrize(
    ("lines", "answers"),
    [
        ("bound = ['B']", {"bound": "b"}),
        ("bound = 'a, b'", {"bound": "a, b"}),
        ("sharded = 'states; Gradients'", {"sharded": ["gradients", "states"]}),
        ("sharded = ['states', 'x']", {"sharded": ["states", "x"]}),
        ("model_bytes = ['1 GB']", {"model_bytes": "1 GB"}),
        ("model_bytes = ['1 GB', '2 GB']", {"model_bytes": ["1 GB", "2 GB"]}),
        ("product = [1, 2]", {"product": ["1", "2"]}),
    ],
)
def test_what_can_be_written_in_several_ways_is_kept_in_one(
    spec: AssignmentSpec, lines: str, answers: dict[str, Given]
) -> None:
    assert read_answers_text("a", lines, spec).answers == answers


def test_many_unknown_questions_are_counted(spec: AssignmentSpec) -> None:
    typed = read_answers_text("a", "".join(f"zz{n} = 1\n" for n in range(100)), spec)
    assert len(typed.notices) == 6
    assert typed.notices[-1] == "a answers 95 more questions that nobody asked."


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            b"model_bytes = 2.6 GB\n",
            (
                "answers.toml cannot be read (Expected newline or end of document after a "
                "statement (at line 1, column 19)): write each answer in quotes, such as "
                'x = "2.6 GB", and a '
                "table as a list of rows."
            ),
        ),
        (b"\xff\xfe", "answers.toml is not UTF-8: save it as UTF-8 and upload again."),
        (
            b"x = " + b"[" * 1_900,
            "answers.toml is nested too deeply: write a list of rows.",
        ),
        (
            b"#" * (MAX_BYTES + 1),
            "answers.toml is too large: a line or a few for each answer are enough.",
        ),
    ],
)
def test_a_broken_file_is_refused(spec: AssignmentSpec, data: bytes, message: str) -> None:
    with pytest.raises(UploadRejected) as caught:
        read_answers_file("answers.toml", data, spec)
    assert caught.value.message == message


LARGE = {
    "a line": f'model_bytes = "{"x" * 5_000}"',
    "a key of many parts": "a" + ".a" * 40_000 + " = 1",
    "digits": f"model_bytes = {'9' * 90_000}",
}
STRANGE = {
    "many keys": "".join(f"k{n} = 1\n" for n in range(8_000)),
    "many tables": "".join(f"[a{'.b' * 50}.c{n}]\n" for n in range(800)),
    "keys of many parts": "".join(f"{'b.' * 900}c{n} = 1\n" for n in range(50)),
    "a deep table": "q = " + "{a = " * 250 + "1" + "}" * 250,
    "many of a table": "[[a.b]]\n" * 10_000,
    "escapes": 'q = "' + "\\u0041" * 300 + '"',
    "lines": "\n" * 90_000,
}


@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE)
def test_what_is_too_large_is_refused(spec: AssignmentSpec, text: str) -> None:
    with pytest.raises(UploadRejected, match="is too large"):
        read_answers_text("a", text, spec)


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
def test_no_file_takes_long_or_much(spec: AssignmentSpec, text: str) -> None:
    tracemalloc.start()
    began = time.process_time()
    with suppress(UploadRejected):
        assert read_answers_text("a", text, spec).answers == {}
    spent, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert spent < 10
    assert peak < 200_000_000


TEXTS = st.text(max_size=30).map(storable).filter(bool)


@given(st.dictionaries(st.sampled_from(["model_bytes", "zero_memory"]), TEXTS), st.lists(TEXTS))
def test_written_answers_read_back_as_the_same(
    spec: AssignmentSpec, single: dict[str, str], several: list[str]
) -> None:
    answers: dict[str, Given] = {**single}
    if several:
        answers["product"] = several
    assert read_answers_file("a", as_file(answers), spec).answers == answers


@given(st.binary(max_size=200))
def test_any_bytes_are_answers_or_refused(spec: AssignmentSpec, data: bytes) -> None:
    try:
        typed = read_answers_file("a", data, spec)
    except UploadRejected as refusal:
        said = refusal.message
        assert said.startswith("a ")
    else:
        assert typed.answers.keys() <= {answer.id for answer in spec.answers}


def test_an_upload_may_hold_answers(spec: AssignmentSpec) -> None:
    upload = triage({"x.zip": zipped(SOURCES | {"answers.toml": RIGHT.encode()})}, spec)

    assert upload.answers == read_answers_text("a", RIGHT, spec).answers
    assert [module.origin for module in upload.modules] == ["question1.py", "question2.py"]
    assert (upload.files, upload.notices) == ({}, ())


def test_an_upload_of_answers_alone_says_what_is_missing(spec: AssignmentSpec) -> None:
    upload = triage({"answers.toml": b'bound = "b"'}, spec)

    assert (upload.modules, upload.answers) == ((), {"bound": "b"})
    assert upload.notices == ()
    assert upload.without_code == (
        "No code was handed in (question1.py, question2.py): only the answers can earn."
    )


def test_some_of_the_code_with_answers_is_refused_as_without(spec: AssignmentSpec) -> None:
    files = {"answers.toml": b'bound = "b"', "question1.py": SOURCES["question1.py"]}
    with pytest.raises(UploadRejected, match=r"^question2\.py is missing"):
        triage(files, spec)


def test_code_under_a_wrong_name_is_not_left_out_for_the_answers(spec: AssignmentSpec) -> None:
    files = {"answers.toml": b'bound = "b"', "qestion1.py": b"x = 1\n"}
    with pytest.raises(UploadRejected, match="did you mean"):
        triage(files, spec)


def test_an_archive_may_have_the_answers_beside_it(spec: AssignmentSpec) -> None:
    inner = {f"work/{name}": data for name, data in SOURCES.items()}
    upload = triage({"x.zip": zipped(inner), "answers.toml": b'bound = "b"'}, spec)

    assert [module.origin for module in upload.modules] == ["question1.py", "question2.py"]
    assert upload.answers == {"bound": "b"}


def test_answers_that_are_known_take_the_place_of_those_in_the_files(spec: AssignmentSpec) -> None:
    files = SOURCES | {"answers.toml": b'bound = "b"'}

    assert triage(files, spec, {"bound": "a"}).answers == {"bound": "a"}
    assert triage(files, spec, {}).answers == {}
    assert triage({}, spec, {"bound": "a"}).modules == ()
    with pytest.raises(UploadRejected, match="holds no files"):
        triage({}, spec, {})


def test_no_code_and_no_answers_are_refused(spec: AssignmentSpec) -> None:
    with pytest.raises(UploadRejected, match=r"question1\.py; question2\.py are missing"):
        triage({"answers.toml": template(spec).encode()}, spec)
