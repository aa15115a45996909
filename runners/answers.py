"""The typed answers of a homework, judged, as results that stand beside the checks of a run.

They need no sandbox. Whoever makes a request has them judged first; a page shows them at once.
"""

from __future__ import annotations

from collections.abc import Mapping

from assignments.answers.judging import Judged, judge_answers
from assignments.answers.typed import Given, typed_text
from assignments.spec import AssignmentSpec
from runners.contract import ANSWER, CheckResult, Outcome, Visibility


def judged_results(spec: AssignmentSpec, answers: Mapping[str, Given]) -> tuple[CheckResult, ...]:
    """The typed answers of a homework, judged, as they stand beside the checks of a report."""
    return tuple(
        _result(judged, typed_text(judged.answer, answers.get(judged.answer.id, "")))
        for judged in judge_answers(spec, answers)
    )


def _result(judged: Judged, typed: str) -> CheckResult:
    """An answer as a check: hidden, but for what is wrong with how it was written."""
    answer, outcome = judged.answer, Outcome(judged.outcome)
    return CheckResult(
        id=ANSWER + answer.id,
        title=answer.title,
        problem=judged.problem,
        max_points=answer.points,
        points=judged.points,
        outcome=outcome,
        visibility=Visibility.VISIBLE if judged.message else Visibility.HIDDEN,
        # The hint is for who has thought of it and is wrong.
        hint=answer.hint if outcome is Outcome.FAILED and not judged.message else "",
        message=judged.message or judged.staff_message,
        output=typed,
    )
