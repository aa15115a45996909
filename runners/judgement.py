"""From the judge's events to a report: a verdict counts only if it covers the whole manifest."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from runners.contract import CheckResult, Mistake, Outcome, RunReport, Verdict, Visibility
from runners.mistakes import explained

_SILENCE = 5.0
"""Seconds without an answer from which on the judge's clock is not believed. An engine that is only
busy answers sooner; much less than the limit of a check."""
_RUN_LOST = "The run was not completed."
_NOT_LOADED = "The submission could not be loaded."
ON_THE_CPU = (
    "The checks that are meant for a GPU were run on the CPU, because no GPU was at hand. "
    "Their points count all the same."
)


@dataclass
class Judgement:
    """What the judge has told so far about one run."""

    device: str = "cpu"
    """Where checks marked `gpu` run: "cuda", or "cpu" where the run has no GPU."""
    manifest: dict[str, dict[str, Any]] = field(default_factory=dict)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    rejected: bool = False
    done: bool = False
    leaderboard: list[dict[str, Any]] = field(default_factory=list)
    fault: tuple[str, str] | None = None
    """Whose fault it is that the run did not end well, and what happened."""
    moments: dict[str, float] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    """What was noticed about the submission before it was loaded."""
    judged: tuple[CheckResult, ...] = ()
    """Results known without a run; they count also where the code cannot be loaded."""
    mistakes: tuple[Mistake, ...] = ()

    def take(self, event: dict[str, Any]) -> None:
        """Take note of one event."""
        self.moments[event["event"]] = time.monotonic()
        match event["event"]:
            case "manifest":
                self.manifest = {check["id"]: check for check in event["checks"]}
            case "loaded":
                self.notices, self.rejected = event["notices"], event["rejected"]
            case "check" if event["id"] in self.manifest:
                self.results[event["id"]] = event
            case "done":
                self.done, self.leaderboard = True, event["leaderboard"]
            case "fault":
                self.fault = (event["blame"], event["message"])

    def doubt(self, silent_seconds: float) -> None:
        """Blame what ran out of time on the engine, if it did not answer for so long.

        A run of which nothing ran out of time is as good as any.
        """
        slow = any(result["outcome"] == "timeout" for result in self.results.values())
        if self.fault is None and silent_seconds > _SILENCE and (slow or self.notices):
            seconds = f"{silent_seconds:.0f} seconds"
            self.fault = ("system", f"the engine did not answer for {seconds} of the run")

    def report(self) -> RunReport:
        """The report, without resources and receipt."""
        verdict, reason, detail = self._verdict()
        scored = verdict is Verdict.GRADED
        return RunReport(
            verdict=verdict,
            reason=reason,
            staff_detail=detail,
            checks=tuple(self._checks()) if scored else (),
            notices=tuple(self._notices()),
            leaderboard=tuple(self.leaderboard),
        )

    def _checks(self) -> list[CheckResult]:
        checks = [*map(self._check, self.manifest.values()), *self.judged]
        return explained(checks, self.mistakes)

    def _notices(self) -> list[str]:
        fell_back = self.device == "cpu" and any(check["gpu"] for check in self.manifest.values())
        return [*self.said, *self.notices, *([ON_THE_CPU] if fell_back else [])]

    def _verdict(self) -> tuple[Verdict, str, str]:
        blame, message = self.fault or ("", "")
        if blame == "assignment":
            return Verdict.ASSIGNMENT_FAULT, "", message
        if blame == "memory":
            return Verdict.GRADED, "", message
        if blame:
            return Verdict.SYSTEM_FAULT, "", message
        if self.rejected and not self._answered():
            return Verdict.REJECTED, " ".join(self.notices), ""
        complete = self.rejected or set(self.results) == set(self.manifest)
        if not self.done or not complete:
            return Verdict.SYSTEM_FAULT, "", "the judge ended before every check had a result"
        return Verdict.GRADED, "", ""

    def _answered(self) -> bool:
        """Whether there is something to grade even where no code could be loaded."""
        return any(check.outcome is not Outcome.NOT_RUN for check in self.judged)

    def _check(self, check: dict[str, Any]) -> CheckResult:
        result = self.results.get(check["id"])
        if result is None:  # only when nothing was loaded, or the whole guest ran out of memory
            message = _NOT_LOADED if self.rejected else _RUN_LOST
            result = {"outcome": "not_run", "points": "0", "message": message}
        return CheckResult(
            id=check["id"],
            title=check["title"],
            problem=check["problem"],
            max_points=Decimal(check["points"]),
            points=Decimal(result["points"]),
            outcome=Outcome(result["outcome"]),
            visibility=Visibility(check["visibility"]),
            hint=check["hint"],
            message=result["message"],
            output=result.get("output", ""),
            traceback=result.get("traceback", ""),
            seconds=result.get("seconds", 0.0),
            slowest_seconds=result.get("slowest", 0.0),
            limit_seconds=check["seconds"],
            raised=result.get("raised", False),
            error=result.get("error"),
            miss=result.get("miss"),
        )
