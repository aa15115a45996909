"""A report as Gradescope's `results.json`, for one audience at one time.

Everything that leaves a run passes here. What a check of the hidden tier tells a student is its
title, its points and its author's hint: no name, no message, no output, no exact time, for each of
those can carry a hidden input out.

Format: Gradescope's autograder specification (`results.json`), with `id`, `outcome`, `hint` and
`seconds` added to each test and `verdict`, `receipt` and `resources` at the top.
"""

from __future__ import annotations

import dataclasses
import math
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any

from runners.contract import CheckResult, Outcome, RunReport, Verdict, Visibility
from runners.text import clean


class Audience(StrEnum):
    """Who reads."""

    STUDENT = "student"
    STAFF = "staff"


class Phase(IntEnum):
    """How far the homework has come, for the student who reads."""

    OPEN = 0
    PAST_DUE = 1
    PUBLISHED = 2


_SHOWN_FROM = {
    Visibility.VISIBLE: Phase.OPEN,
    Visibility.AFTER_DUE_DATE: Phase.PAST_DUE,
    Visibility.AFTER_PUBLISHED: Phase.PUBLISHED,
}
_OUTCOME_WORDS = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "failed",
    Outcome.ERROR: "failed",
    Outcome.TIMEOUT: "took too long",
    Outcome.MEMORY: "ran out of memory",
    Outcome.CRASHED: "ended the Python process",
    Outcome.NOT_RUN: "was not run",
}
_OUTPUT = 4_000


def shows_details(check: CheckResult, audience: Audience, phase: Phase) -> bool:
    """Whether this reader may see a check's messages and output."""
    if audience is Audience.STAFF:
        return True
    shown_from = _SHOWN_FROM.get(check.visibility)
    return shown_from is not None and phase >= shown_from


def to_results(
    report: RunReport, audience: Audience | str = Audience.STAFF, phase: Phase = Phase.OPEN
) -> dict[str, Any]:
    """The report as a JSON object. Points are numbers with at most two decimals."""
    audience = Audience(audience)
    tests = [
        _test(check, number, audience, shows_details(check, audience, phase))
        for number, check in enumerate(report.checks, start=1)
    ]
    scored = report.verdict is Verdict.GRADED
    results = {
        "verdict": report.verdict.value,
        "output": clean(_overall(report, audience)),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "execution_time": math.ceil(report.resources.wall_seconds),
        "tests": tests,
        "leaderboard": [dict(entry) for entry in report.leaderboard],
        "receipt": _receipt(report, audience),
        "resources": _resources(report, audience),
    }
    return {"score": _number(report.points), **results} if scored else results


def _test(check: CheckResult, number: int, audience: Audience, details: bool) -> dict[str, Any]:
    passed = check.outcome is Outcome.PASSED
    extra = {"problem": check.problem}
    if audience is Audience.STAFF:
        extra["traceback"] = clean(check.traceback)
    test: dict[str, Any] = {
        "id": check.id if details else f"check-{number}",
        "name": clean(check.title),
        "number": str(number),
        "score": _number(check.points),
        "max_score": _number(check.max_points),
        "status": "passed" if passed else "failed",
        "outcome": check.outcome.value,
        "visibility": check.visibility.value,
        "hint": "" if passed else clean(check.hint),
        "output": clean(_output(check, details))[:_OUTPUT],
        "output_format": "text",
        "extra_data": extra,
    }
    if details:
        exact = audience is Audience.STAFF
        test["seconds"] = round(check.seconds, 3) if exact else math.ceil(check.seconds)
    return test


def _output(check: CheckResult, details: bool) -> str:
    lines = []
    if check.outcome is not Outcome.PASSED:
        lines.append(f"This check {_OUTCOME_WORDS[check.outcome]}.")
    if details and check.message:
        lines.append(check.message)
    if check.hint and check.outcome is not Outcome.PASSED:
        lines.append(f"Hint: {check.hint}")
    if details and check.output.strip():
        lines.append(f"What your code printed:\n{check.output.strip()}")
    return "\n".join(lines)


def _overall(report: RunReport, audience: Audience) -> str:
    lines = [*report.notices]
    if report.verdict is Verdict.REJECTED:
        lines = [report.reason]
    if report.verdict in (Verdict.ASSIGNMENT_FAULT, Verdict.SYSTEM_FAULT):
        lines.insert(0, "This run could not be completed, through no fault of yours.")
    if audience is Audience.STAFF and report.staff_detail:
        lines.append(report.staff_detail)
    return "\n".join(filter(None, lines))


def _receipt(report: RunReport, audience: Audience) -> dict[str, Any]:
    # The seed lets one make the hidden inputs again.
    secret = {"seed"} if audience is Audience.STUDENT else set()
    return {name: value for name, value in report.receipt.items() if name not in secret}


def _resources(report: RunReport, audience: Audience) -> dict[str, Any]:
    if audience is Audience.STAFF:
        return dataclasses.asdict(report.resources)
    return {"wall_seconds": math.ceil(report.resources.wall_seconds)}


def _number(points: Decimal) -> float | int:
    return int(points) if points == points.to_integral_value() else float(round(points, 2))
