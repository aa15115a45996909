"""Real sandboxes as a function that the gate can call: the one seam to `runners`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from queue import LifoQueue

from assignments.gate import Grade
from assignments.proof import GateRun
from assignments.spec import AssignmentSpec
from assignments.triage import TriagedUpload
from runners.contract import Limits, Outcome, RunReport, RunRequest, Suite
from runners.grading import Grader
from runners.requests import make_request, suite_of
from runners.sandboxes.choose import open_sandbox


def unchanged(request: RunRequest) -> RunRequest:
    """A request as it is made: with a fresh seed."""
    return request


@contextmanager
def grading(
    folder: Path,
    spec: AssignmentSpec,
    sandbox: str,
    *,
    device: str = "auto",
    jobs: int = 1,
    adjust: Callable[[RunRequest], RunRequest] = unchanged,
) -> Iterator[Grade]:
    """Open so many warm graders. Raises `SandboxError` where none can be had."""
    suite = suite_of(folder, spec)
    # What a cheat may leave behind is not for the next one; and of the reference, which is the
    # measure of memory, a guest of its own tells how much it used.
    honest = {f"mutants/{mutant.name}" for mutant in spec.mutants if not mutant.cheat}
    free: LifoQueue[Grader] = LifoQueue()
    with ExitStack() as graders:
        for _ in range(jobs):
            free.put(graders.enter_context(Grader(open_sandbox(sandbox), ahead=True)))

        def grade(label: str, upload: TriagedUpload, checks: frozenset[str]) -> GateRun:
            job = re.sub(r"\W+", "-", f"gate-{spec.slug}-{label}")
            part = suite_part(suite, frozenset(check.partition("::")[0] for check in checks))
            single = frozenset(check for check in checks if "::" in check)
            request = make_request(upload, part, spec, job=job, device=device)
            request = adjust(replace(request, only=single, own=label in honest))
            grader = free.get()
            try:
                return gate_run(grader.grade(request), request.limits)
            finally:
                free.put(grader)

        yield grade


def suite_part(suite: Suite, checks: frozenset[str]) -> Suite:
    """Leave out all other check files; the problems and their interface stay as they are."""
    spared = {path for problem in suite.problems for path in problem.checks} - checks
    return replace(
        suite,
        files={name: data for name, data in suite.files.items() if name not in spared},
        problems=tuple(
            replace(p, checks=tuple(path for path in p.checks if path in checks))
            for p in suite.problems
        ),
    )


def gate_run(report: RunReport, limits: Limits) -> GateRun:
    """What the gate needs to know of a report."""
    details = [report.staff_detail] if report.staff_detail else []
    details += [
        f"{check.id} ({check.outcome.value}): {check.message or check.traceback}"
        for check in report.checks
        if check.outcome is not Outcome.PASSED
    ]
    return GateRun(
        verdict=report.verdict.value,
        reason=report.reason,
        outcomes={check.id: check.outcome.value for check in report.checks},
        points={check.id: (check.points, check.max_points) for check in report.checks},
        problems={check.id: check.problem for check in report.checks},
        staff_detail="\n".join(details),
        seconds={check.id: (check.slowest_seconds, check.limit_seconds) for check in report.checks},
        spans=_spans(report.resources.phases, limits),
        errors={check.id: check.error for check in report.checks if check.error is not None},
        misses={check.id: check.miss for check in report.checks if check.miss is not None},
        raised=frozenset(check.id for check in report.checks if check.raised),
        mistakes={check.id: check.mistake for check in report.checks if check.mistake},
        peak_bytes=report.resources.guest_peak_bytes,
        device=str(report.receipt.get("device", "")),
    )


def _spans(phases: Mapping[str, float], limits: Limits) -> dict[str, tuple[float, float]]:
    loading, checks = phases.get("load", 0.0), phases.get("checks", 0.0)
    return {
        # Each module may take so long; that all of them together do not is on the safe side.
        "loading": (loading, limits.load_seconds),
        "the whole run": (loading + checks, limits.run_seconds),
    }
