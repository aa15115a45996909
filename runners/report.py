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
_ANSWER_WORDS = {
    Outcome.FAILED: "This answer is not right.",
    Outcome.ERROR: "This answer could not be read.",
    Outcome.NOT_RUN: "",
}
_OUTPUT = 4_000
KNOWN_MISTAKE = "A known mistake fails exactly these checks of the problem."


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
        _test(reveal(check, number, audience, phase), audience)
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


@dataclasses.dataclass(frozen=True, slots=True)
class Revealed:
    """What one reader may see of a check. Texts are clean; empty means that there is nothing."""

    number: int
    id: str
    """The check's own id, or `check-7` for who may not know it."""
    title: str
    problem: str
    points: Decimal
    max_points: Decimal
    outcome: Outcome
    visibility: Visibility
    summary: str
    """How it ended, in a sentence; empty when it passed."""
    hint: str
    mistake: str
    """What a known mistake, which fails exactly these checks of the problem, says."""
    message: str
    output: str
    traceback: str
    seconds: float | None
    details: bool
    """Whether this reader sees everything there is."""
    is_answer: bool = False
    """Whether it was typed; `output` is what was typed then, and no secret."""

    @property
    def passed(self) -> bool:
        """Whether all is well."""
        return self.outcome is Outcome.PASSED


def reveal(check: CheckResult, number: int, audience: Audience, phase: Phase) -> Revealed:
    """What this reader may see of the check that is the `number`-th of its suite."""
    details = shows_details(check, audience, phase)
    passed, staff = check.outcome is Outcome.PASSED, audience is Audience.STAFF
    own = details or check.is_answer
    return Revealed(
        number=number,
        id=check.id if own else f"check-{number}",
        title=clean(check.title),
        problem=check.problem,
        points=check.points,
        max_points=check.max_points,
        outcome=check.outcome,
        visibility=check.visibility,
        summary="" if passed else _summary(check),
        hint="" if passed else clean(check.hint),
        mistake="" if passed else clean(check.mistake),
        message=clean(check.message) if details else "",
        output=clean(check.output.strip()) if own else "",
        traceback=clean(check.traceback) if staff else "",
        seconds=_seconds(check, staff) if details else None,
        details=details,
        is_answer=check.is_answer,
    )


def _summary(check: CheckResult) -> str:
    if check.is_answer:
        return _ANSWER_WORDS.get(check.outcome, "")
    return f"This check {_OUTCOME_WORDS[check.outcome]}."


def _seconds(check: CheckResult, exact: bool) -> float:
    return round(check.seconds, 3) if exact else math.ceil(check.seconds)


def _test(shown: Revealed, audience: Audience) -> dict[str, Any]:
    extra = {"problem": shown.problem}
    if audience is Audience.STAFF:
        extra["traceback"] = shown.traceback
    test: dict[str, Any] = {
        "id": shown.id,
        "name": shown.title,
        "number": str(shown.number),
        "score": _number(shown.points),
        "max_score": _number(shown.max_points),
        "status": "passed" if shown.passed else "failed",
        "outcome": shown.outcome.value,
        "visibility": shown.visibility.value,
        "hint": shown.hint,
        "mistake": shown.mistake,
        "output": _output(shown)[:_OUTPUT],
        "output_format": "text",
        "extra_data": extra,
    }
    if shown.seconds is not None:
        test["seconds"] = shown.seconds
    return test


def _output(shown: Revealed) -> str:
    lines = [shown.summary, shown.message]
    if shown.hint:
        lines.append(f"Hint: {shown.hint}")
    if shown.mistake:
        lines.append(f"{KNOWN_MISTAKE} {shown.mistake}")
    if shown.output:
        title = "What was typed" if shown.is_answer else "What your code printed"
        lines.append(f"{title}:\n{shown.output}")
    return "\n".join(filter(None, lines))


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


class Narrator:
    """Turns a run's events into what its student may see at once; none has a check's id."""

    def __init__(self) -> None:
        self._checks: dict[str, dict[str, Any]] = {}

    def tell(self, event: dict[str, Any]) -> dict[str, Any] | None:
        """The public form of an event, or None when it has none."""
        match event["event"]:
            case "manifest":
                self._checks = {
                    check["id"]: {**check, "number": number}
                    for number, check in enumerate(event["checks"], start=1)
                }
                return {"event": "loading", "total": len(self._checks)}
            case "starting":
                return {"event": "starting"}
            case "loaded":
                return {"event": "checking"}
            case "check" if event["id"] in self._checks:
                return self._check(self._checks[event["id"]], event)
        return None

    @staticmethod
    def _check(check: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
        return {
            "event": "check",
            "number": check["number"],
            "title": clean(check["title"]),
            "problem": check["problem"],
            "outcome": Outcome(event["outcome"]).value,
            "points": str(Decimal(event["points"])),
            "max_points": str(Decimal(check["points"])),
        }
