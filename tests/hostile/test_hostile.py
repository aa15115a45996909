"""Every entry of the hostile list, through triage and the real graders, gets what it must get.

The judge is warm and the same for the whole list, so what one entry broke shows in the next. After
the last one, in whatever order they ran, an honest submission must score 100.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from runners.contract import CheckResult, RunReport, RunRequest, Verdict, Visibility
from runners.grading import Grader
from runners.report import to_results
from runners.requests import build_request
from runners.sandboxes.base import Role
from runners.sandboxes.choose import open_sandbox
from tests.capabilities import require
from tests.hostile.canary import CANARY, CANARY_VARIABLE
from tests.hostile.entries import HERE, HONEST, SUBMISSIONS, Entry, read_entries, read_entry
from tests.hostile.watching import MemoryWatch, WatchedSandbox, texts

ENTRIES = read_entries()
SANDBOXES = ("bubblewrap", "docker")
MAX_RESULTS = 256 * 1024
MAX_GROWTH = 192 * 1024**2
"""What an attack may add to the trusted side's memory: three of the largest messages."""
TRACES = [Path("/tmp/sandglass-hostile-canary"), Path("/tmp/sandglass-hostile-pickle")]
"""Files that the attacks would make, were their pickles ever read on this machine."""


@dataclass(slots=True)
class Bench:
    """One warm grader and the sandbox that it works with."""

    grader: Grader
    sandbox: WatchedSandbox
    judge_bytes: int = 0
    own_bytes: int = 0

    def grade(self, entry: Entry) -> tuple[RunReport, float]:
        """Triage and grade one entry; the report and the seconds that it took."""
        began = time.monotonic()
        report = self.grader.grade(request_for(entry))
        return report, time.monotonic() - began


def request_for(entry: Entry) -> RunRequest:
    """The complete request for one entry."""
    return build_request(HERE / entry.homework, entry.files(), job=f"hostile-{entry.number}")


@pytest.fixture(scope="module", params=SANDBOXES)
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """A grader that has graded an honest submission; the canary is in its environment."""
    require(request.param)
    sandbox = WatchedSandbox(open_sandbox(request.param))
    with pytest.MonkeyPatch.context() as patch, Grader(sandbox) as grader:
        patch.setenv(CANARY_VARIABLE, CANARY)
        bench = Bench(grader, sandbox)
        with MemoryWatch() as memory:
            assert_honest(bench)
        bench.judge_bytes, bench.own_bytes = memory.judge_bytes, memory.own_bytes
        yield bench
        assert_honest(bench)  # after the whole list, in whatever order it ran
    assert sandbox.leftovers(Role.JUDGE) == []


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry.name for entry in ENTRIES])
def test_entry(bench: Bench, entry: Entry) -> None:
    with MemoryWatch() as memory:
        report, seconds = bench.grade(entry)

    assert_expected(entry, report)
    assert_tells_nothing(report)
    assert seconds <= entry.seconds_max
    assert bench.sandbox.leftovers(Role.GUEST) == []
    assert [path for path in TRACES if path.exists()] == []
    if entry.flat:
        assert memory.judge_bytes <= bench.judge_bytes + MAX_GROWTH
        assert memory.own_bytes <= bench.own_bytes + MAX_GROWTH


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


def assert_tells_nothing(report: RunReport) -> None:
    """What the student sees is bounded, holds no canary and no control characters."""
    results = to_results(report, audience="student")
    text = json.dumps(results)

    assert CANARY not in text
    assert CANARY.rpartition("-")[2] not in text
    assert len(text) <= MAX_RESULTS
    assert [s for s in texts(results) if set(s) & CONTROLS] == []
    for check, shown in zip(report.checks, results["tests"], strict=True):
        if check.visibility is not Visibility.VISIBLE:
            assert_hidden(check, shown)


CONTROLS = {chr(code) for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}


def assert_hidden(check: CheckResult, shown: dict[str, Any]) -> None:
    """Nothing that the student's code said in a hidden check is in what the student sees of it."""
    for secret in (check.message, check.output, check.traceback):
        if len(secret.strip()) >= 20:
            assert [text for text in texts(shown) if secret.strip()[:60] in text] == []


def assert_honest(bench: Bench) -> None:
    """The reference's twin scores 100, whatever was graded before it."""
    report, _ = bench.grade(read_entry(SUBMISSIONS / HONEST))

    assert (report.verdict, report.points) == (Verdict.GRADED, Decimal(100))
    assert bench.sandbox.leftovers(Role.GUEST) == []
