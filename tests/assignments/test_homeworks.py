"""The course's own homeworks, graded for real: what the handbook promises of each of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assignments.__main__ import main
from assignments.build import stale_files
from assignments.course import load_course
from assignments.loader import load_assignment, solution_files
from runners.contract import RunReport, Verdict
from runners.grading import Grader
from runners.requests import build_request
from runners.sandboxes.choose import open_sandbox
from tests.capabilities import require

ROOT = Path(__file__).parents[2] / "assignments"
HOMEWORKS = sorted(path.parent for path in ROOT.glob("*/assignment.toml"))
NAMES = [folder.name for folder in HOMEWORKS]


@pytest.fixture(scope="module", params=["docker", "process"])
def grader(request: pytest.FixtureRequest) -> Iterator[Grader]:
    """One warm judge for each sandbox but the gate's own, bubblewrap."""
    if request.param == "docker":
        require(request.param)
    with Grader(open_sandbox(request.param)) as grader:
        yield grader


def grade(grader: Grader, folder: Path, upload: Path | dict[str, bytes]) -> RunReport:
    report = grader.grade(build_request(folder, upload, job=f"homework-{folder.name}"))
    assert report.verdict is Verdict.GRADED, report.staff_detail
    return report


@pytest.mark.parametrize("folder", HOMEWORKS, ids=NAMES)
def test_the_solution_gets_every_point(grader: Grader, folder: Path) -> None:
    spec = load_assignment(folder)
    report = grade(grader, folder, solution_files(folder, spec))
    lost = {check.id: check.message for check in report.checks if check.points < check.max_points}
    assert lost == {}
    assert report.points == report.max_points == spec.points
    assert report.resources.wall_seconds < 60


@pytest.mark.parametrize("folder", HOMEWORKS, ids=NAMES)
def test_an_empty_notebook_gets_what_empty_files_get(folder: Path) -> None:
    require("bubblewrap")
    spec = load_assignment(folder)
    assert spec.files.notebook is not None
    with Grader(open_sandbox("bubblewrap")) as grader:
        empty = grade(grader, folder, folder / "handout" / spec.files.notebook.file)
        assert empty.points == grade(grader, folder, folder / "handout").points


@pytest.mark.parametrize("folder", HOMEWORKS, ids=NAMES)
def test_the_handout_is_built_from_the_master(folder: Path) -> None:
    assert stale_files(folder, load_assignment(folder)) == []


@pytest.mark.parametrize("folder", HOMEWORKS, ids=NAMES)
def test_the_gate_lets_the_homework_through(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    require("bubblewrap")
    # Once, with the same numbers each time: what one run in hundreds shows by chance is for whoever
    # publishes the suite, with fresh numbers and three times, and must not stop every other change.
    once = ["--repeats", "1", "--seed", "1"]
    proof = ["--sandbox", "bubblewrap", "--jobs", "2", "--related", *once]
    code = main(["check", folder.name, *proof])
    seen = capsys.readouterr()
    assert code == 0, seen.err
    assert "may be published" in seen.out


@pytest.mark.parametrize("folder", HOMEWORKS, ids=NAMES)
def test_small_mistakes_are_seen(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A few of the automatic mutants, always the same; `mutate` alone runs all of them."""
    require("bubblewrap")
    few = ["--sample", "10", "--seed", "1", "--least", "85"]
    code = main(["mutate", folder.name, "--sandbox", "bubblewrap", "--jobs", "2", *few])
    seen = capsys.readouterr()
    assert code == 0, seen.out + seen.err


def test_the_course_is_the_one_that_was_announced() -> None:
    course = load_course(ROOT)
    assert (course.code, course.timezone) == ("COMP4551", "Asia/Hong_Kong")
    assert {weight.id: (int(weight.each), weight.count) for weight in course.weights} == {
        "homework": (5, 4),
        "midterm": (30, 1),
        "final": (50, 1),
    }
    due = {entry.id: entry.due.isoformat() for entry in course.calendar if entry.due}
    assert due == {
        "hw1": "2025-02-22T23:59:00+08:00",
        "hw2": "2025-03-12T23:59:00+08:00",
        "hw3": "2025-04-10T23:59:00+08:00",
        "hw4": "2025-05-06T23:59:00+08:00",
    }
