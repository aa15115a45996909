"""Every entry of the hostile list, through triage and the real graders, gets what it must get.

The judge is warm and the same for the whole list, so what one entry broke shows in the next. After
the last one, in whatever order they ran, an honest submission must score 100.

An entry may come `after` another one, whose traces it looks for, or run `beside` another one.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from runners.contract import RunReport, RunRequest, Verdict, Visibility
from runners.grading import Grader
from runners.report import to_results
from runners.requests import build_request
from runners.sandboxes.base import Role
from runners.sandboxes.choose import open_sandbox
from tests.capabilities import require
from tests.hostile.canary import CANARY, CANARY_VARIABLE
from tests.hostile.entries import (
    HERE,
    HONEST,
    LEAK,
    SANDBOXES,
    SUBMISSIONS,
    Entry,
    read_entries,
    read_entry,
)
from tests.hostile.watching import MemoryWatch, WatchedSandbox, texts

ENTRIES = read_entries()
COMPANIONS = {name for entry in ENTRIES for name in (entry.after, entry.beside)}
"""Entries that another one is graded after or beside: that is when they are graded."""
PAIRS = [
    pytest.param(sandbox, entry, id=f"{sandbox}-{entry.name}")
    for sandbox in (*SANDBOXES, "runsc")
    for entry in ENTRIES
    if sandbox in entry.sandboxes and entry.name not in COMPANIONS
]
MAX_RESULTS = 256 * 1024
MAX_GROWTH = 192 * 1024**2
"""What an attack may add to the trusted side's memory: three of the largest messages."""
TRACES = [Path("/tmp/sandglass-hostile-canary"), Path("/tmp/sandglass-hostile-pickle")]
"""Files that the attacks would make, were their pickles ever read on this machine."""


_STARTED_SECONDS = 120
_ATTEMPTS = 5


@dataclass(slots=True)
class Bench:
    """A warm grader, another one for what runs beside it, and the sandbox that they work with."""

    grader: Grader
    other: Grader
    sandbox: WatchedSandbox
    patience: float = 1.0
    """How much longer than it says everything may take: system calls are slow in gVisor."""
    judge_bytes: int = 0
    own_bytes: int = 0

    def grade(self, entry: Entry) -> tuple[RunReport, float]:
        """Triage and grade one entry; the report and the seconds that it took."""
        return _timed(self.grader, entry, self.patience)

    def grade_beside(self, entry: Entry, beside: Entry) -> Iterator[tuple[Entry, RunReport, float]]:
        """Grade `beside`, and from when its submission is loaded until it ends, `entry`.

        Both are graded again where the second was not over before the first.
        """
        for _ in range(_ATTEMPTS):
            self.grader.prepare(request_for(entry, self.patience))
            loaded = threading.Event()
            with ThreadPoolExecutor(1) as pool:
                first = pool.submit(_timed, self.other, beside, self.patience, loaded)
                assert loaded.wait(_STARTED_SECONDS)
                report, seconds = self.grade(entry)
                overlapped = not first.done()
            if overlapped:
                break
        else:
            pytest.fail(f"{beside.name} ended each time before {entry.name} did")
        yield beside, *first.result()
        yield entry, report, seconds


def _timed(
    grader: Grader, entry: Entry, patience: float, loaded: threading.Event | None = None
) -> tuple[RunReport, float]:
    def hear(event: dict[str, Any]) -> None:
        if loaded is not None and event["event"] == "loaded":
            loaded.set()

    began = time.monotonic()
    report = grader.grade(request_for(entry, patience), hear)
    return report, time.monotonic() - began


def request_for(entry: Entry, patience: float) -> RunRequest:
    """The complete request for one entry, with so many times its homework's limits of time."""
    request = build_request(HERE / entry.homework, entry.files(), job=f"hostile-{entry.number}")
    own = request.limits
    limits = replace(
        own,
        load_seconds=own.load_seconds * patience,
        check_seconds=own.check_seconds * patience,
        run_seconds=own.run_seconds * patience,
    )
    return replace(request, limits=limits)


@pytest.fixture(scope="module")
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """A grader that has graded an honest submission; the canary is in its environment."""
    require(request.param)
    name, runtime = ("docker", "runsc") if request.param == "runsc" else (request.param, "")
    sandbox = WatchedSandbox(open_sandbox(name, runtime=runtime))
    with (
        pytest.MonkeyPatch.context() as patch,
        Grader(sandbox) as grader,
        Grader(sandbox) as other,
    ):
        patch.setenv(CANARY_VARIABLE, CANARY)
        bench = Bench(grader, other, sandbox, patience=4.0 if runtime else 1.0)
        with MemoryWatch() as memory:
            assert_honest(bench)
        bench.judge_bytes, bench.own_bytes = memory.judge_bytes, memory.own_bytes
        yield bench
        assert_honest(bench)  # after the whole list, in whatever order it ran
    assert sandbox.leftovers(Role.JUDGE) == []


@pytest.mark.parametrize(("bench", "entry"), PAIRS, indirect=["bench"], scope="module")
def test_entry(bench: Bench, entry: Entry) -> None:
    if entry.needs:
        require(entry.needs)
    with MemoryWatch() as memory:
        results = list(graded(bench, entry))

    for one, report, seconds in results:
        assert_expected(one, report)
        assert_tells_nothing(one, report)
        assert seconds <= one.seconds_max * bench.patience
    assert bench.sandbox.leftovers(Role.GUEST) == []
    assert [path for path in TRACES if path.exists()] == []
    if entry.flat:
        assert memory.judge_bytes <= bench.judge_bytes + MAX_GROWTH
        assert memory.own_bytes <= bench.own_bytes + MAX_GROWTH


def graded(bench: Bench, entry: Entry) -> Iterator[tuple[Entry, RunReport, float]]:
    """The entry and those that belong to it, with their reports and seconds."""
    if entry.beside:
        yield from bench.grade_beside(entry, read_entry(SUBMISSIONS / entry.beside))
        return
    if entry.after:
        before = read_entry(SUBMISSIONS / entry.after)
        yield before, *bench.grade(before)
    yield entry, *bench.grade(entry)


def assert_expected(entry: Entry, report: RunReport) -> None:
    """The verdict, the points and each outcome are those of the entry."""
    got = {check.id: check.outcome.value for check in report.checks}
    strange = {
        check: word for check, word in got.items() if word not in (entry.wanted(check) or {word})
    }

    assert report.verdict.value in entry.verdict.split("|"), report.staff_detail
    assert strange == {}
    assert not got or set(entry.outcomes) <= set(got)
    if entry.points is not None:
        assert report.points == entry.points
    if entry.max_points is not None:
        assert report.points <= entry.max_points
    assert bool(report.reason) == (report.verdict is Verdict.REJECTED)


def assert_tells_nothing(entry: Entry, report: RunReport) -> None:
    """What the student sees is bounded, holds no canary and no control characters."""
    results = to_results(report, audience="student")
    text = json.dumps(results)
    hidden = [check for check in report.checks if check.visibility is not Visibility.VISIBLE]

    assert CANARY not in text
    assert CANARY.rpartition("-")[2] not in text
    assert len(text) <= MAX_RESULTS
    assert [s for s in texts(results) if set(s) & CONTROLS] == []
    assert set(results["resources"]) == {"wall_seconds"}
    assert type(results["resources"]["wall_seconds"]) is int
    assert hidden_part(results) == hidden_part(to_results(outcomes_of(report), audience="student"))
    if entry.leaks:
        said = [f"{check.message} {check.output}" for check in hidden]
        assert [text for text in said if LEAK not in text] == []  # or there was nothing to hide
        assert LEAK not in json.dumps(hidden_part(results))


CONTROLS = {chr(code) for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}


def hidden_part(results: dict[str, Any]) -> list[dict[str, Any]]:
    """What a student is shown of hidden checks."""
    return [test for test in results["tests"] if test["visibility"] != Visibility.VISIBLE.value]


def outcomes_of(report: RunReport) -> RunReport:
    """The report as if nobody had said anything, and nothing had taken any time."""
    told = [
        replace(
            check, message="", output="", traceback="", seconds=0.0, slowest_seconds=0.0,
            raised=False, error=None, miss=None,
        )
        for check in report.checks
    ]  # fmt: skip
    return replace(report, checks=tuple(told))


def assert_honest(bench: Bench) -> None:
    """The reference's twin scores 100, whatever was graded before it."""
    report, _ = bench.grade(read_entry(SUBMISSIONS / HONEST))

    assert (report.verdict, report.points) == (Verdict.GRADED, Decimal(100))
    assert bench.sandbox.leftovers(Role.GUEST) == []
