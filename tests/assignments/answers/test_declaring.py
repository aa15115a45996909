"""Questions as their author writes them, and what is said of each mistake."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from assignments.errors import AssignmentInvalid
from assignments.loader import load_assignment
from assignments.spec import AnswerKind, ToleranceSpec
from tests.assignments.homework import DECLARATION, write_homework
from tests.assignments.questions import ANSWERS, declared, question

TOML = DECLARATION.replace("points = 10", "points = 22", 1) + ANSWERS


def test_each_kind_becomes_a_question(tmp_path: Path) -> None:
    spec = load_assignment(write_homework(tmp_path / "hw0", {"assignment.toml": TOML}))

    assert [(a.id, a.kind.value, int(a.points), a.shape) for a in spec.answers] == [
        ("model_bytes", "number", 3, (1, 1)),
        ("zero_memory", "expression", 2, (1, 1)),
        ("bound", "choice", 1, (0, 0)),
        ("sharded", "choice", 2, (0, 0)),
        ("stages", "table", 3, (2, 2)),
        ("product", "matrix", 1, (2, 2)),
    ]
    first = spec.answers[0]
    assert first.hint == "Two bytes for each parameter."
    assert first.tolerance == ToleranceSpec(Decimal("0.01"), text="1 %")
    assert spec.answers[1].variables["N"] == (Decimal(2), Decimal(64))
    assert [a.several for a in spec.answers[2:4]] == [False, True]
    assert spec.answers[5].values == (("1", "0"), ("-2", "1/3"))
    assert [p.id for p in spec.judged_problems] == ["add", "double", "numbers"]


def test_a_tolerance_is_a_share_or_a_distance() -> None:
    share = question('kind = "number"\nvalue = "2 GB"\ntolerance = "0.5 %"')
    distance = question('kind = "number"\nvalue = "2 GB"\ntolerance = "50 MB"')
    plain = question('kind = "number"\nvalue = 2\ntolerance = 0.25')

    assert share.tolerance == ToleranceSpec(Decimal("0.005"), text="0.5 %")
    assert distance.tolerance == ToleranceSpec(Decimal(400_000_000), relative=False, text="50 MB")
    assert plain.tolerance == ToleranceSpec(Decimal("0.25"), relative=False, text="0.25")


def test_zero_has_no_share() -> None:
    assert question('kind = "number"\nvalue = 0').kind is AnswerKind.NUMBER
    assert declared('kind = "number"\nvalue = 0\ntolerance = "1 %"')[1] == [
        (
            "answers[1].tolerance: is a share of the right value, which is zero. Write it as a "
            "number, such as 0.001, with the unit of the value."
        )
    ]


FAULTS = {
    'kind = "nunber"': "answers[1].kind: is 'nunber', which is not a known value. "
    "Did you mean 'number'?",
    'kind = "number"': "answers[1].value: is missing. Add it.",
    'kind = "number"\nvalue = true': "answers[1].value: is true. Write a number, or a text in "
    'quotes such as "2.6 GB".',
    'kind = "number"\nvalue = "2,6 GB"': "answers[1].value: is wrong: “2,6 GB” has a comma, which "
    "can be read in two ways: write a point before decimals, and nothing between thousands.",
    'kind = "number"\nvalue = "2.6 BG"': "answers[1].value: is wrong: “2.6 BG” cannot be read: "
    "“BG” is not a unit that is known here.",
    'kind = "number"\nvalue = nan': "answers[1].value: is wrong: “NaN” is not a number: write a "
    "number such as 2.6 or 2.6e9.",
    'kind = "number"\nvalue = 1\nrows = []': "answers[1].rows: is not a known key. "
    "Known keys: hint, id, kind, points, text, title, tolerance, value.",
    'kind = "number"\nvalue = "1 GB"\ntolerance = "1 s"': "answers[1].tolerance: is '1 s': “1 s” "
    "measures something else than is asked for: write it in units such as GB, MB or B. Write a "
    'share such as "1 %", or a distance with the unit of the value.',
    'kind = "number"\nvalue = "1 GB"\ntolerance = "about 1"': "answers[1].tolerance: is 'about 1': "
    "“about 1” is not a number: write a number such as 2.6 or 2.6e9. Write a share such as "
    '"1 %", or a distance with the unit of the value.',
    'kind = "number"\nvalue = 1\ntolerance = "-1 %"': "answers[1].tolerance: is '-1 %'. "
    "Write one above zero.",
    'kind = "expression"\nvalue = "2 * N"': "answers[1].variables: is missing. "
    "Write: variables = { N = [2, 64] }",
    'kind = "expression"\nvalue = "2 * M"\nvariables = { N = [2, 64] }': "answers[1].value: is "
    "wrong: “M” is not a variable of this question (they are N).",
    'kind = "expression"\nvalue = "1 / N"\nvariables = { N = [64, 2] }': "answers[1].variables: "
    "gives N the range 64 to 2. Write the smaller end first, such as [2, 64].",
    'kind = "expression"\nvalue = "N"\nvariables = { N = 2 }': "answers[1].variables: is a table "
    "where something else belongs. Write a table of ranges, such as { N = [2, 64] }.",
    'kind = "expression"\nvalue = "sqrt(N)"\nvariables = { N = [-4, -2] }': "answers[1].value: has "
    "no finite value somewhere in the ranges of its variables. Correct it, or narrow the ranges.",
    'kind = "expression"\nvalue = "2"\nvariables = { lambda = [1, 2] }': "answers[1].variables: "
    "names 'lambda'. Use a name such as N or d_model.",
    'kind = "expression"\nvalue = "2"\nvariables = { log = [1, 2] }': "answers[1].variables: "
    "names 'log', which has a meaning. Rename it.",
    'kind = "choice"\noptions = { a = "A" }\nvalue = "a"': "answers[1].options: leaves no choice. "
    'Write: options = { a = "...", b = "..." }',
    'kind = "choice"\noptions = { a = "A", b = "B" }\nvalue = "c"': "answers[1].value: is 'c', "
    "which is no option. Use some of: a, b.",
    'kind = "choice"\noptions = { a = "A", b = "B" }\nvalue = []': "answers[1].value: is empty. "
    "At least one option must be right.",
    'kind = "choice"\noptions = { "a b" = "A", b = "B" }\nvalue = "b"': "answers[1].options: names "
    "an option 'a b'. Use a short name of letters and digits.",
    'kind = "table"\nrows = ["r"]\ncolumns = ["c", "d"]\nvalues = [[1]]': "answers[1].values: is 1 "
    "rows of 1. The headings ask for 1 rows of 2.",
    'kind = "matrix"\nvalues = [[1, 2], [3]]': "answers[1].values: is no table. "
    "Give all rows as many numbers or texts in quotes.",
    'kind = "matrix"\nvalues = [1, 2]': "answers[1].values: is a list where something else "
    'belongs. Write a list of rows, such as [[1, 2], ["3 GB", 4]].',
    'kind = "matrix"\nvalues = [[1, "x"]]': "answers[1].values: is wrong: “x” is not a number: "
    "write a number such as 2.6 or 2.6e9.",
}


@pytest.mark.parametrize(("lines", "fault"), FAULTS.items(), ids=range(len(FAULTS)))
def test_each_mistake_is_one_fault(lines: str, fault: str) -> None:
    assert declared(lines)[1] == [fault]


WHOLE = [
    (
        'id = "bound"',
        'id = "model_bytes"',
        (
            "problems[3].answers[3].id: is 'model_bytes', as in problems[3].answers[1]. Give each "
            "question of the homework an id of its own."
        ),
    ),
    (
        'id = "bound"',
        'id = "Bound-1"',
        (
            "problems[3].answers[3].id: is 'Bound-1'. Use small letters, digits and '_', and begin "
            "with a letter."
        ),
    ),
    (
        "points = 12",
        "points = 11.5",
        "problems[3].points: is 11.5, but the points of its answers add up to 12. Make them agree.",
    ),
    (
        'kind = "answer"\n',
        'kind = "written"\n',
        "problems[3].answers: stands in a problem of kind 'written'. Remove it.",
    ),
]


@pytest.mark.parametrize(("old", "new", "fault"), WHOLE)
def test_what_no_question_knows_alone(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in TOML
    folder = write_homework(tmp_path / "hw0", {"assignment.toml": TOML.replace(old, new)})
    with pytest.raises(AssignmentInvalid) as caught:
        load_assignment(folder)
    assert f"assignment.toml: {fault}" in [str(found) for found in caught.value.faults]


def test_a_homework_of_answers_alone_needs_no_files(tmp_path: Path) -> None:
    changes: dict[str, str | None] = dict.fromkeys(
        [
            "checks/public/test_question1.py",
            "checks/hidden/test_question1.py",
            "checks/hidden/test_question2.py",
            "mutants/squares/expect.toml",
            "mutants/squares/question2.py",
        ]
    )
    changes["assignment.toml"] = f'title = "Numbers"\npoints = 12\n{ANSWERS}'
    spec = load_assignment(write_homework(tmp_path / "hw0", changes))

    assert (spec.files.required, spec.code_problems) == ((), ())


def test_the_solution_has_no_answers_of_its_own(tmp_path: Path) -> None:
    changes: dict[str, str | None] = {
        "assignment.toml": TOML,
        "solution/answers.toml": "",
        "mutants/squares/expect.toml": 'description = "Off"\nfails = ["answers::modl_bytes"]\n',
    }
    with pytest.raises(AssignmentInvalid) as caught:
        load_assignment(write_homework(tmp_path / "hw0", changes))

    assert [str(fault) for fault in caught.value.faults] == [
        (
            "mutants/squares/expect.toml: fails: names 'answers::modl_bytes', but there is no such "
            "question. Did you mean 'answers::model_bytes'?"
        ),
        (
            "solution/answers.toml: is not needed. Delete it: the declared values are the "
            "solution's answers."
        ),
    ]
