"""Whether a mutant's hint would reach the student who made the mistake: read from real runs."""

from __future__ import annotations

from assignments.proof import GateRun, Promise, Runs
from assignments.spec import AssignmentSpec, MutantSpec


def hint_warnings(spec: AssignmentSpec, mutants: Runs) -> list[Promise]:
    """Warn of each hint that its own mutant does not get, and say why."""
    if not spec.mutant_hints:
        return []
    warnings = []
    for mutant in spec.mutants:
        label = f"mutants/{mutant.name}"
        if mutant.hint and label in mutants:
            run = mutants[label][0]
            if set(run.mistakes.values()) - {""} != {mutant.hint}:
                message = f"its hint is not shown: {_reason(spec, mutant, run)}"
                warnings.append(Promise("hint", label, message))
    return warnings


def _reason(spec: AssignmentSpec, mutant: MutantSpec, run: GateRun) -> str:
    if run.failing != set(mutant.fails):
        return "it does not fail what it names."
    if run.raised != set(mutant.raises):
        listed = ", ".join(f'"{check}"' for check in sorted(run.raised))
        return f"say which checks end by an exception of the mutant: raises = [{listed}]"
    twins = [
        f"mutants/{other.name}"
        for other in spec.mutants
        if other.hint != mutant.hint
        and not other.cheat
        and (set(other.fails), set(other.raises)) == (set(mutant.fails), set(mutant.raises))
    ]
    if twins:
        return (
            f"{', '.join(twins)} fail the same checks, and have another hint or none. Give all of "
            "them one hint that is right for each, or a check that tells them apart."
        )
    return "in one of its problems, other mutants fail the same checks, or all checks end alike."
