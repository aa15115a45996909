"""The gate, with a table in place of the sandbox: which checks each submission fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from assignments.build import write_handout
from assignments.gate import GateOptions, GateResult, run_gate
from assignments.loader import load_assignment
from assignments.proof import GateRun
from assignments.spec import AssignmentSpec
from assignments.triage import TriagedUpload
from tests.assignments.homework import write_homework

SMALL = "public/test_question1.py::test_small"
RANDOM = "hidden/test_question1.py::test_random"
DOUBLE = "hidden/test_question2.py::test_double"
WORTH = {SMALL: Decimal(2), RANDOM: Decimal(4), DOUBLE: Decimal(4)}
PROBLEM = {SMALL: "add", RANDOM: "add", DOUBLE: "double"}
SQUARES = "mutants/squares"
SOUND: dict[str, Mapping[str, str]] = {
    "reference": {},
    "reference as a notebook": {},
    "handout": dict.fromkeys(WORTH, "failed"),
    SQUARES: {DOUBLE: "failed"},
}


def run(bad: Mapping[str, str]) -> GateRun:
    outcomes = {check: bad.get(check, "passed") for check in WORTH}
    points = {
        check: (worth if outcomes[check] == "passed" else Decimal(0), worth)
        for check, worth in WORTH.items()
    }
    return GateRun("graded", "", outcomes, points, PROBLEM, "the traceback")


class Table:
    """Grades by table. A list of runs is handed out one by one; its last run stays."""

    def __init__(self, **changes: GateRun | list[GateRun]) -> None:
        self.runs = {label: [run(bad)] for label, bad in SOUND.items()}
        for label, change in changes.items():
            self.runs[label] = change if isinstance(change, list) else [change]
        self.labels: list[str] = []
        self.checks: dict[str, list[frozenset[str]]] = {}

    def __call__(self, label: str, upload: TriagedUpload, checks: frozenset[str]) -> GateRun:
        assert upload.modules
        self.labels.append(label)
        self.checks.setdefault(label, []).append(checks)
        queue = self.runs[label]
        return part(queue.pop(0) if len(queue) > 1 else queue[0], checks)


def part(whole: GateRun, files: frozenset[str]) -> GateRun:
    """What a run finds that is given only some check files."""
    kept = {c for c in whole.outcomes if c in files or c.partition("::")[0] in files}
    return replace(
        whole,
        outcomes={check: end for check, end in whole.outcomes.items() if check in kept},
        points={check: pair for check, pair in whole.points.items() if check in kept},
    )


def gate(
    folder: Path,
    table: Table,
    changes: dict[str, str | None] | None = None,
    options: GateOptions | None = None,
) -> tuple[AssignmentSpec, GateResult]:
    write_homework(folder / "hw0", changes)
    write_handout(folder / "hw0", load_assignment(folder / "hw0"))
    spec = load_assignment(folder / "hw0")
    return spec, run_gate(folder / "hw0", spec, table, options or GateOptions())


def broken(folder: Path, table: Table, changes: dict[str, str | None] | None = None) -> list[str]:
    return [str(promise) for promise in gate(folder, table, changes)[1].broken]
