"""The gate over a small homework: what it runs, what it promises, what it says."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from threading import Barrier

import pytest

from assignments.build import write_handout
from assignments.gate import GateOptions, run_gate
from assignments.loader import load_assignment
from assignments.matrix import matrix_cells, matrix_text, result_as_data
from assignments.proof import GateRun
from assignments.triage import TriagedUpload
from tests.assignments.graded_by_table import (
    DOUBLE,
    RANDOM,
    SMALL,
    SOUND,
    SQUARES,
    WORTH,
    Table,
    broken,
    gate,
    run,
)
from tests.assignments.homework import EXPECTATION, HIDDEN_QUESTION1, write_homework


def test_a_sound_suite_passes(tmp_path: Path) -> None:
    table = Table()
    _, result = gate(tmp_path, table)

    assert result.broken == ()
    assert result.ok
    assert {label: table.labels.count(label) for label in SOUND} == {
        "reference": 3,
        "handout": 3,
        SQUARES: 3,
        "reference as a notebook": 1,
    }


def test_checks_that_nothing_kills_are_a_warning(tmp_path: Path) -> None:
    _, result = gate(tmp_path, Table())

    assert [str(warning) for warning in result.warnings] == [
        f"{RANDOM}: no mutant fails it. Write one that should.",
        f"{SMALL}: no mutant fails it. Write one that should.",
    ]


def test_progress_is_told(tmp_path: Path) -> None:
    folder = write_homework(tmp_path / "hw0")
    write_handout(folder, load_assignment(folder))
    seen: list[tuple[str, int, int]] = []

    run_gate(
        folder,
        load_assignment(folder),
        Table(),
        GateOptions(repeats=1),
        lambda *step: seen.append(step),
    )

    assert seen == [
        ("reference", 0, 4),
        ("handout", 1, 4),
        (SQUARES, 2, 4),
        ("reference as a notebook", 3, 4),
    ]


LOSES = f"reference: must earn 100 %, but loses points in {RANDOM} (timeout). "
DIFFERS = "is flaky: the same submission ends differently. "
STEADY = "Take every random number from the fixture rng, widen a tolerance or fix the time limit."
BROKEN: list[tuple[dict[str, GateRun | list[GateRun]], str]] = [
    (
        {"reference": run({RANDOM: "timeout"})},
        f"{LOSES}Correct the solution or these checks.\nthe traceback",
    ),
    (
        {"reference": GateRun("rejected", "No such function.")},
        "reference: the verdict is rejected, not graded: No such function.",
    ),
    (
        {"handout": run({RANDOM: "failed", DOUBLE: "failed"})},
        (
            f"handout: earns 2 of 10 points, more than 5 %. Make these checks fail when nothing "
            f"was "
            f"written: {SMALL}."
        ),
    ),
    (
        {SQUARES: run({})},
        (
            f"{SQUARES}: survives: every check passes, although it squares instead of doubling. "
            f"Strengthen {DOUBLE} until it fails."
        ),
    ),
    (
        {SQUARES: run({DOUBLE: "failed", RANDOM: "failed"})},
        (
            f"{SQUARES}: also fails {RANDOM}. Make the check independent of this mistake, or "
            f"name it "
            "in expect.toml."
        ),
    ),
    (
        {SQUARES: run({RANDOM: "failed"})},
        (
            f"{SQUARES}: passes {DOUBLE}, which it must fail. Strengthen the check, or take it "
            f"out of "
            "expect.toml."
        ),
    ),
    (
        {SQUARES: run({DOUBLE: "timeout"})},
        (
            f"{SQUARES}: {DOUBLE} ended as timeout, expected failed. Correct the mutant or set "
            "outcomes in expect.toml."
        ),
    ),
    (
        {SQUARES: GateRun("rejected", "No.")},
        (
            f"{SQUARES}: the verdict is rejected (No.), expected graded. Correct the mutant or its "
            "expect.toml."
        ),
    ),
    (
        {"reference as a notebook": run({DOUBLE: "error"})},
        (
            f"reference as a notebook: differs from the .py files in {DOUBLE}. What the files "
            f"do when "
            "each is a module of its own, they must do in one."
        ),
    ),
    (
        {
            "reference": [run({}), run({RANDOM: "failed"}), run({})],
            SQUARES: [run({DOUBLE: "failed"}), run({DOUBLE: "failed", RANDOM: "failed"})],
        },
        (
            f"{RANDOM}: {DIFFERS}reference (passed, failed, passed); {SQUARES} (passed, failed, "
            f"failed). {STEADY}"
        ),
    ),
    (
        {SQUARES: [GateRun("rejected", "No."), run({DOUBLE: "failed"})]},
        f"{SQUARES}: the verdict changes from run to run: rejected, graded, graded.",
    ),
]


@pytest.mark.parametrize(("changes", "message"), BROKEN, ids=[m[:60] for _, m in BROKEN])
def test_each_broken_promise_says_what_to_do(
    tmp_path: Path, changes: dict[str, GateRun | list[GateRun]], message: str
) -> None:
    copies = {k: list(v) if isinstance(v, list) else v for k, v in changes.items()}

    assert message in broken(tmp_path, Table(**copies))


def test_points_that_do_not_add_up(tmp_path: Path) -> None:
    cheap = run({})
    cheap = replace(cheap, points={check: (Decimal(1), Decimal(1)) for check in WORTH})

    assert broken(tmp_path, Table(reference=cheap, **{"reference as a notebook": cheap}))[:3] == [
        (
            "problem add: its checks add up to 2 points, assignment.toml says 6. "
            "Change the points marks or the problem's points."
        ),
        (
            "problem double: its checks add up to 1 points, assignment.toml says 4. "
            "Change the points marks or the problem's points."
        ),
        "hw0: can earn 3 points, assignment.toml says 10.",
    ]


def test_a_mutant_naming_an_unknown_check(tmp_path: Path) -> None:
    changes: dict[str, str | None] = {
        "mutants/squares/expect.toml": EXPECTATION.replace("test_double", "test_doubles")
    }

    assert broken(tmp_path, Table(), changes)[0] == (
        f"{SQUARES}: expect.toml names {DOUBLE}s, which is no check of the suite. "
        f"Did you mean '{DOUBLE}'?"
    )


def test_an_expected_outcome_is_kept_to(tmp_path: Path) -> None:
    changes: dict[str, str | None] = {
        "mutants/squares/expect.toml": f'{EXPECTATION}outcomes = {{ "{DOUBLE}" = "timeout" }}\n'
    }

    assert broken(tmp_path, Table(**{SQUARES: run({DOUBLE: "timeout"})}), changes) == []
    assert broken(tmp_path, Table(), changes) == [
        (
            f"{SQUARES}: {DOUBLE} ended as failed, expected timeout. Correct the mutant or set "
            "outcomes in expect.toml."
        )
    ]


def test_a_mutant_that_triage_refuses_has_the_verdict_rejected(tmp_path: Path) -> None:
    rejected = 'description = "Saved as Latin-1"\nverdict = "rejected"\n'
    folder = write_homework(tmp_path / "hw0", {"mutants/squares/expect.toml": rejected})
    (folder / "mutants" / "squares" / "question2.py").write_bytes(b"x = '\xe4'\n")
    write_handout(folder, load_assignment(folder))
    table = Table()

    assert run_gate(folder, load_assignment(folder), table, GateOptions(repeats=1)).broken == ()
    assert SQUARES not in table.labels


@pytest.mark.parametrize(
    ("verdict", "message"),
    [
        (
            "assignment_fault",
            "reference: the suite itself is broken; repair it first:\nSyntaxError in line 3",
        ),
        (
            "system_fault",
            (
                "reference: the sandbox failed, so nothing is proven: SyntaxError in line 3\n"
                "Run 'python -m runners doctor'."
            ),
        ),
    ],
)
def test_a_fault_ends_the_gate_at_once(tmp_path: Path, verdict: str, message: str) -> None:
    table = Table(reference=GateRun(verdict, staff_detail="SyntaxError in line 3"))

    assert broken(tmp_path, table) == [message]
    assert table.labels == ["reference"]


def test_jobs_run_side_by_side_and_find_the_same(tmp_path: Path) -> None:
    both = Barrier(2, timeout=20)

    class Meeting(Table):
        def __call__(self, label: str, upload: TriagedUpload, checks: frozenset[str]) -> GateRun:
            both.wait()  # passes only when two runs are under way at once
            return super().__call__(label, upload, checks)

    _, result = gate(tmp_path, Meeting(), options=GateOptions(repeats=3, jobs=2))

    assert result.ok
    assert {label: len(repeated) for label, repeated in result.runs.items()} == {
        "reference": 3,
        "handout": 3,
        SQUARES: 3,
        "reference as a notebook": 1,
    }


def test_a_mutant_may_be_judged_by_related_checks_alone(tmp_path: Path) -> None:
    table = Table()
    spec, result = gate(tmp_path, table, options=GateOptions(repeats=3, related=True))

    # And from the second time on only by those that it names.
    assert table.checks[SQUARES] == [{"hidden/test_question2.py"}, {DOUBLE}, {DOUBLE}]
    assert table.checks["handout"] == [{check.partition("::")[0] for check in WORTH}] * 3
    assert result.ok
    assert matrix_cells(spec, result) == {"squares": {SMALL: ".", RANDOM: ".", DOUBLE: "x"}}


def test_a_mutant_that_names_an_unrelated_check_is_told_so(tmp_path: Path) -> None:
    named = EXPECTATION.replace("fails = [", f'fails = ["{RANDOM}", ')
    changes: dict[str, str | None] = {"mutants/squares/expect.toml": named}
    passes = (
        f"{SQUARES}: passes {RANDOM}, which it must fail. Strengthen the check, or take it out of "
        "expect.toml."
    )

    for only in ("*", SQUARES):
        options = GateOptions(1, related=True, only=only)
        assert [str(p) for p in gate(tmp_path, Table(), changes, options)[1].broken] == [passes]


def test_what_fails_unasked_is_told_once_and_not_as_flaky(tmp_path: Path) -> None:
    both = EXPECTATION.replace("squares", "does")
    changes: dict[str, str | None] = {
        "mutants/squares/expect.toml": both,
        "mutants/squares/question1.py": "def add(a, b=0):\n    return a * b\n",
    }
    table = Table(**{SQUARES: run({DOUBLE: "failed", RANDOM: "failed"})})
    _, result = gate(tmp_path, table, changes, GateOptions(repeats=3, related=True))

    assert table.checks[SQUARES][1] == {DOUBLE}
    assert [(promise.kind, promise.subject) for promise in result.broken] == [("mutant", SQUARES)]


def test_only_what_is_named_is_run_and_judged(tmp_path: Path) -> None:
    table = Table(**{SQUARES: run({})})
    changes: dict[str, str | None] = {
        "checks/hidden/test_question1.py": HIDDEN_QUESTION1.replace('"""Adds any numbers"""', "")
    }
    changes |= {
        "mutants/triples/expect.toml": EXPECTATION,
        "mutants/triples/question2.py": "def double(x):\n    return 3 * x\n",
    }
    spec, result = gate(tmp_path, table, changes, GateOptions(repeats=2, only="mutants/s*"))

    assert table.labels == [SQUARES, SQUARES]
    assert [promise.subject for promise in result.broken] == [SQUARES]
    assert (result.warnings, result.whole) == ((), False)
    assert matrix_cells(spec, result) == {"squares": {SMALL: ".", RANDOM: ".", DOUBLE: "S"}}


def test_the_kill_matrix_as_text_and_data(tmp_path: Path) -> None:
    name = "a_mutant_with_a_very_long_name_indeed"
    changes: dict[str, str | None] = {
        f"mutants/{name}/expect.toml": EXPECTATION,
        f"mutants/{name}/question2.py": "def double(x): ...\n",
    }
    table = Table(**{f"mutants/{name}": run({RANDOM: "failed"})})
    spec, result = gate(tmp_path, table, changes, GateOptions(repeats=1))

    assert matrix_cells(spec, result) == {
        name: {SMALL: ".", RANDOM: "!", DOUBLE: "S"},
        "squares": {SMALL: ".", RANDOM: ".", DOUBLE: "x"},
    }
    text = matrix_text(spec, result)
    lines = [line.split() for line in text.splitlines() if "─" not in line]
    assert lines[1:6] == [
        ["hw0"],
        ["mutant", "123"],
        ["a_mutant_with_a_very_long_n…", ".!S"],
        ["squares", "..x"],
        [],
    ]
    assert f"  3  {DOUBLE}" in text
    data = result_as_data(spec, result)
    assert (data["homework"], data["ok"], data["digest"]) == ("hw0", False, spec.digest)
    assert data["runs"][f"mutants/{name}"][0]["points"] == "6"
