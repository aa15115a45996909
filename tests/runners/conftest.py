"""A real grader for the tests of judge and guest: two sandboxes, nothing faked."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from runners.contract import Cell, Limits, Module, Problem, RunReport, RunRequest, Submission, Suite
from runners.grading import Grader
from runners.sandboxes.bubblewrap import BubblewrapSandbox
from tests.capabilities import require

Grade = Callable[..., RunReport]
SEED = 20250213


@pytest.fixture(scope="session")
def grader() -> Iterator[Grader]:
    """One warm judge for all tests."""
    require("bubblewrap")
    with Grader(BubblewrapSandbox(), ahead=True) as grader:
        yield grader


@pytest.fixture
def grade(grader: Grader) -> Grade:
    """`grade(check source, submission source)`: the report of a real run."""
    return lambda *arguments, **named: grader.grade(make_request(*arguments, **named))


def make_request(
    checks: str | Mapping[str, str],
    *sources: str,
    cells: tuple[str, ...] = (),
    provides: Mapping[str, str] | None = None,
    seed: int = SEED,
    files: Mapping[str, bytes] | None = None,
    **limits: Any,
) -> RunRequest:
    """A request: suite source (or several by path), `question1.py`, `question2.py` ... or cells."""
    suite = {"hidden/test_it.py": checks} if isinstance(checks, str) else dict(checks)
    names = [f"question{number}" for number in range(1, max(len(sources), 1) + 1)]
    if cells:
        notebook = tuple(Cell(textwrap.dedent(c), i) for i, c in enumerate(cells, start=1))
        modules: tuple[Module, ...] = (Module((*names, "notebook"), "hw.ipynb", notebook),)
    else:
        modules = tuple(
            Module((name,), f"{name}.py", (Cell(textwrap.dedent(source)),))
            for name, source in zip(names, sources, strict=True)
        )
    problem = Problem("p", "Problem", Decimal(10), tuple(suite), provides or {})
    return RunRequest(
        job="test",
        submission=Submission(modules, files or {}),
        suite=Suite(
            {path: textwrap.dedent(text).encode() for path, text in suite.items()}, (problem,)
        ),
        seed=seed,
        limits=Limits(**{"load_seconds": 5, "check_seconds": 10, "run_seconds": 60, **limits}),
    )


def outcomes(report: RunReport) -> dict[str, str]:
    """The outcome of each check, by the test's name."""
    assert report.verdict == "graded", (report.verdict, report.reason, report.staff_detail)
    return {check.id.rpartition("::")[2]: check.outcome.value for check in report.checks}


def messages(report: RunReport) -> dict[str, str]:
    """The message of each check, by the test's name."""
    return {check.id.rpartition("::")[2]: check.message for check in report.checks}
