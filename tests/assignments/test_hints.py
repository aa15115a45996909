"""A mutant's hint has to reach whoever makes the mutant's mistake, or the gate says why not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assignments.__main__ import main
from assignments.proof import GateRun
from tests.assignments.graded_by_table import DOUBLE, RANDOM, SQUARES, Table, gate, run
from tests.assignments.homework import DECLARATION, EXPECTATION, write_homework

FEEDBACK = f"{DECLARATION}\n[feedback]\nmutant_hints = true\n"
HINT = "This is what happens when you square."
EXPECTED = f'{EXPECTATION}hint = "{HINT}"\n'
CHANGES: dict[str, str | None] = {
    "assignment.toml": FEEDBACK,
    "mutants/squares/expect.toml": EXPECTED,
}
SHOWN = replace(run({DOUBLE: "failed"}), mistakes={DOUBLE: HINT})
TWIN: dict[str, str | None] = {
    "mutants/triples/expect.toml": EXPECTATION,
    "mutants/triples/question2.py": "def double(x):\n    return 3 * x\n",
}


def warned(folder: Path, squares: GateRun, changes: dict[str, str | None]) -> list[str]:
    table = Table(**{SQUARES: squares, "mutants/triples": run({DOUBLE: "failed"})})
    return [str(w) for w in gate(folder, table, changes)[1].warnings if w.kind == "hint"]


def test_a_hint_that_is_shown_is_well(tmp_path: Path) -> None:
    assert warned(tmp_path, SHOWN, CHANGES) == []


def test_hints_that_are_not_wanted_are_not_looked_for(tmp_path: Path) -> None:
    off: dict[str, str | None] = {**CHANGES, "assignment.toml": DECLARATION}

    assert warned(tmp_path, run({DOUBLE: "failed"}), off) == []


@pytest.mark.parametrize(
    ("squares", "changes", "reason"),
    [
        (
            replace(run({DOUBLE: "failed"}), raised=frozenset({DOUBLE})),
            {},
            f'say which checks end by an exception of the mutant: raises = ["{DOUBLE}"]',
        ),
        (
            run({DOUBLE: "failed"}),
            TWIN,
            (
                "mutants/triples fail the same checks, and have another hint or none. Give all of "
                "them one hint that is right for each, or a check that tells them apart."
            ),
        ),
        (run({DOUBLE: "failed", RANDOM: "failed"}), {}, "it does not fail what it names."),
        (
            run({DOUBLE: "failed"}),
            {},
            "in one of its problems, other mutants fail the same checks, or all checks end alike.",
        ),
    ],
)
def test_a_hint_that_is_not_shown_is_a_warning_with_its_reason(
    tmp_path: Path, squares: GateRun, changes: dict[str, str | None], reason: str
) -> None:
    assert warned(tmp_path, squares, {**CHANGES, **changes}) == [
        f"{SQUARES}: its hint is not shown: {reason}"
    ]


def test_a_real_mutant_reads_its_hint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_homework(tmp_path / "hw0", {**CHANGES, **TWIN})
    main(["build", "--root", str(tmp_path)])
    options = ["--root", str(tmp_path), "--sandbox", "process", "--repeats", "1"]

    assert main(["check", *options]) == 0
    assert f"warning: {SQUARES}: its hint is not shown: mutants/triples fail" in (
        capsys.readouterr().out
    )
    same = tmp_path / "hw0" / "mutants" / "triples" / "expect.toml"
    same.write_text(EXPECTED)
    assert main(["check", *options]) == 0
    assert "its hint is not shown" not in capsys.readouterr().out
