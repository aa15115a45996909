"""Recognises a mistake that the suite knows by the checks that it fails, problem by problem.

A wrong explanation is worse than none, so everything must agree: the checks of a problem that did
not pass are exactly the mistake's, each ended in the same way, by the submission's own exception or
without one; what the mistake fails elsewhere fails too; and no other known mistake looks the same.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from runners.contract import CheckResult, Mistake, Outcome

_PLAIN = (Outcome.FAILED, Outcome.ERROR)


def explained(checks: Sequence[CheckResult], mistakes: Sequence[Mistake]) -> list[CheckResult]:
    """The results, with the hint of a mistake in each failing check that it explains."""
    if not mistakes:
        return list(checks)
    hints = {problem: _hint(problem, checks, mistakes) for problem in {c.problem for c in checks}}
    return [
        check
        if check.outcome is Outcome.PASSED
        else dataclasses.replace(check, mistake=hints[check.problem])
        for check in checks
    ]


def _hint(problem: str, checks: Sequence[CheckResult], mistakes: Sequence[Mistake]) -> str:
    here = [check for check in checks if check.problem == problem]
    failing = {check.id for check in here if check.outcome is not Outcome.PASSED}
    if not failing or all(check.raised for check in here):
        return ""  # all is well, or nothing was written yet
    everywhere = {check.id: check for check in checks if check.outcome is not Outcome.PASSED}
    all_here = {check.id for check in here}
    alike = {
        mistake.hint
        for mistake in mistakes
        if mistake.fails.keys() & all_here == failing and _agrees(mistake, everywhere)
    }
    return alike.pop() if len(alike) == 1 else ""


def _agrees(mistake: Mistake, failing: dict[str, CheckResult]) -> bool:
    """Whether all that the mistake fails has failed in the mistake's way."""
    for check_id, outcome in mistake.fails.items():
        check = failing.get(check_id)
        if check is None or check.raised != (check_id in mistake.raises):
            return False
        if check.outcome not in ((Outcome(outcome),) if outcome else _PLAIN):
            return False
    return True
