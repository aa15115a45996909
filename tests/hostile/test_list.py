"""The list itself: complete, told in the README, and the canary is where it must be."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from assignments.loader import load_assignment, read_suite, solution_files
from runners.contract import Outcome, Verdict
from tests.hostile.canary import CANARY
from tests.hostile.entries import ASSIGNMENTS, HERE, SUBMISSIONS, read_entries

ENTRIES = read_entries()
CHECKS = {
    f"{folder}/{path.name}::{name}"
    for homework in ASSIGNMENTS
    for folder in ("public", "hidden")
    for path in (homework / "checks" / folder).glob("test_*.py")
    for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
}


def test_every_number_of_the_list_has_an_entry() -> None:
    numbers = {entry.number[:2] for entry in ENTRIES}

    assert numbers == {f"{number:02}" for number in range(85)}


def test_the_readme_tells_every_entry_and_its_expectation() -> None:
    rows = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in (HERE / "README.md").read_text().splitlines()
        if re.match(r"\| \d\d", line)
    ]

    assert rows == [(entry.name, entry.description, entry.expectation) for entry in ENTRIES]


def test_expectations_use_the_words_of_the_contract() -> None:
    outcomes = {word for entry in ENTRIES for check in CHECKS for word in entry.wanted(check)}

    assert outcomes <= {outcome.value for outcome in Outcome}
    assert {word for entry in ENTRIES for word in entry.verdict.split("|")} <= {*Verdict}
    assert {check for entry in ENTRIES for check in entry.outcomes} <= CHECKS


def test_every_submission_is_valid_python() -> None:
    for path in SUBMISSIONS.rglob("*.py"):
        ast.parse(path.read_text(), str(path))


def test_no_submission_holds_the_canary_that_it_hunts() -> None:
    holders = [
        entry.name for entry in ENTRIES if CANARY.encode() in b"".join(entry.files().values())
    ]

    assert holders == []


@pytest.mark.parametrize("homework", ASSIGNMENTS, ids=lambda folder: folder.name)
def test_the_canary_is_in_all_hidden_checks_and_the_solution(homework: Path) -> None:
    spec = load_assignment(homework)
    suite = read_suite(homework, spec)
    hidden = [data for name, data in suite.items() if name.startswith("hidden/")]
    secrets = [*hidden, *solution_files(homework, spec).values()]

    assert secrets
    assert [CANARY.encode() in data for data in secrets] == [True] * len(secrets)
