"""Promises about margins: what breaks one, what only warns, and the figures that are told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assignments.margins import error_promises, time_promises
from assignments.matrix import resources_text
from assignments.proof import GateRun
from tests.assignments.graded_by_table import DOUBLE, RANDOM, SQUARES, Table, gate, run

WIDEN = "Compute the expected value more exactly (in float64?) or widen the tolerance"
NARROW = "Give inputs that show the mistake more, or narrow the tolerance"


def test_half_of_each_limit_is_the_most(tmp_path: Path) -> None:
    quick = replace(
        run({}),
        seconds={RANDOM: (0.2, 2.0), DOUBLE: (1.0, 2.0)},
        spans={"loading": (0.5, 20.0), "the whole run": (3.0, 180.0)},
        peak_bytes=100_000_000,
        device="cpu",
    )
    slow = replace(
        quick,
        seconds={RANDOM: (1.1, 2.0), DOUBLE: (0.1, 2.0)},
        spans={"loading": (10.5, 20.0), "the whole run": (91.0, 180.0)},
        peak_bytes=120_000_000,
    )
    _, result = gate(tmp_path, Table(reference=[quick, slow, quick]))

    more = "more than half: a slower machine would fail it. Make it quicker or raise the limit."
    assert [str(promise) for promise in result.broken] == [
        f"reference, loading: takes 10.5 of the 20 seconds that it may, {more}",
        f"reference, the whole run: takes 91.0 of the 180 seconds that it may, {more}",
        f"reference, {RANDOM}: takes 1.1 of the 2 seconds that it may, {more}",
    ]
    assert resources_text(result) == (
        f"reference: slowest check {RANDOM}: 1.1 of 2 s; loading: 10.5 of 20 s; "
        "the whole run: 91.0 of 180 s; memory: 120 MB; on cpu"
    )
    assert time_promises("reference", [quick]) == []


@pytest.mark.parametrize(
    ("error", "broken", "warned"),
    [
        (0.0, [], []),
        (0.1, [], []),
        (0.11, [], [f"0.11 of the tolerance. {WIDEN}: less than 10 times away."]),
        (0.5, [], [f"0.5 of the tolerance. {WIDEN}: less than 10 times away."]),
        (0.62, [f"0.62 of the tolerance. {WIDEN}: less than 2 times away."], []),
    ],
)
def test_the_reference_keeps_clear_of_the_tolerance(
    error: float, broken: list[str], warned: list[str]
) -> None:
    runs = [replace(run({}), errors={RANDOM: found}) for found in (error / 2, error)]
    found = error_promises(runs, {})

    told = f"{RANDOM}: the reference's largest error is "
    assert [str(promise) for promise in found[0]] == [told + text for text in broken]
    assert [str(promise) for promise in found[1]] == [told + text for text in warned]


@pytest.mark.parametrize(
    ("miss", "broken", "warned"),
    [
        (10.0, [], []),
        (9.0, [], [f"9 tolerances. {NARROW}: less than 10 times away."]),
        (1.5, [f"1.5 tolerances. {NARROW}: less than 2 times away."], []),
    ],
)
def test_the_nearest_mutant_keeps_clear_of_it_too(
    miss: float, broken: list[str], warned: list[str]
) -> None:
    def missing(by: float) -> GateRun:
        return replace(run({DOUBLE: "failed"}), misses={DOUBLE: by})

    mutants = {"mutants/far": [missing(400.0)], "mutants/near": [missing(50.0), missing(miss)]}
    found = error_promises([run({})], mutants)

    told = f"{DOUBLE}: mutants/near misses by only "
    assert [str(promise) for promise in found[0]] == [told + text for text in broken]
    assert [str(promise) for promise in found[1]] == [told + text for text in warned]


def test_the_gate_keeps_both_kinds_apart(tmp_path: Path) -> None:
    near = replace(run({}), errors={RANDOM: 0.2, DOUBLE: 0.9})
    squares = replace(run({DOUBLE: "failed"}), misses={DOUBLE: 3.0})
    _, result = gate(tmp_path, Table(reference=near, **{SQUARES: squares}))

    assert [(p.kind, p.subject) for p in result.broken] == [("margin", DOUBLE)]
    assert [(p.kind, p.subject) for p in result.warnings if p.kind == "margin"] == [
        ("margin", RANDOM),
        ("margin", DOUBLE),
    ]
