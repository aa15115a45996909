"""What a suite must keep, promise by promise. Pure: runs in, broken promises out."""

from __future__ import annotations

from decimal import Decimal

from assignments.fields import near_miss
from assignments.proof import GateRun, Promise, Runs
from assignments.spec import AssignmentSpec, MutantSpec

HANDOUT_SHARE = Decimal("0.05")
_PLAIN_FAILURES = ("failed", "error")


def reference_promises(label: str, runs: list[GateRun]) -> list[Promise]:
    """Check that the reference solution earns every point, each time."""
    broken = []
    for run in _distinct(runs):
        if run.verdict != "graded":
            message = f"the verdict is {run.verdict}, not graded: {run.reason or run.staff_detail}"
            broken.append(Promise("reference", label, message))
            continue
        short = sorted(run.failing | {c for c, (got, most) in run.points.items() if got < most})
        if short:
            listed = ", ".join(f"{check} ({run.outcomes.get(check, '?')})" for check in short)
            detail = f"\n{run.staff_detail}" if run.staff_detail else ""
            message = f"must earn 100 %, but loses points in {listed}. Correct the solution or "
            broken.append(Promise("reference", label, f"{message}these checks.{detail}"))
    if not any(run.outcomes for run in runs) and not broken:
        broken.append(Promise("reference", label, "the suite has no checks. Write some."))
    return broken


def handout_promises(spec: AssignmentSpec, label: str, runs: list[GateRun]) -> list[Promise]:
    """Check that the untouched handout earns next to nothing."""
    broken = []
    limit = spec.points * HANDOUT_SHARE
    for run in _distinct(runs):
        if run.verdict != "graded":
            message = f"the verdict is {run.verdict}, not graded: {run.reason or run.staff_detail} "
            broken.append(Promise("handout", label, f"{message}Run 'python -m assignments build'."))
        elif run.earned > limit:
            paid = sorted(check for check, (earned, _) in run.points.items() if earned > 0)
            message = f"earns {_points(run.earned)} of {_points(spec.points)} points, more than 5 %"
            remedy = "Make these checks fail when nothing was written"
            broken.append(Promise("handout", label, f"{message}. {remedy}: {', '.join(paid)}."))
    return broken


def mutant_promises(mutant: MutantSpec, runs: list[GateRun], known: set[str]) -> list[Promise]:
    """Check that a mutant fails exactly what it names, in the way that it names."""
    label = f"mutants/{mutant.name}"
    broken = []
    for check in (check for check in mutant.fails if check not in known):
        remedy = near_miss(check, known) or f"Known checks: {', '.join(sorted(known))}."
        message = f"expect.toml names {check}, which is no check of the suite. {remedy}"
        broken.append(Promise("mutant", label, message))
    for run in _distinct(runs):
        if run.verdict != mutant.verdict:
            message = f"the verdict is {run.verdict} ({run.reason or 'no reason'}), expected "
            remedy = "Correct the mutant or its expect.toml."
            broken.append(Promise("mutant", label, f"{message}{mutant.verdict}. {remedy}"))
        elif run.verdict == "graded":
            broken += _wrong_failures(mutant, label, run, known)
    return broken


def _wrong_failures(mutant: MutantSpec, label: str, run: GateRun, known: set[str]) -> list[Promise]:
    expected = set(mutant.fails) & known
    if not run.failing:
        message = f"survives: every check passes, although it {_lowered(mutant.description)}"
        remedy = f"Strengthen {', '.join(sorted(expected)) or 'the suite'} until it fails."
        return [Promise("mutant", label, f"{message} {remedy}")]
    broken = []
    if missing := sorted(expected - run.failing):
        message = f"passes {', '.join(missing)}, which it must fail. Strengthen the check, or "
        broken.append(Promise("mutant", label, f"{message}take it out of expect.toml."))
    if extra := sorted(run.failing - set(mutant.fails)):
        message = f"also fails {', '.join(extra)}. Make the check independent of this mistake, or "
        broken.append(Promise("mutant", label, f"{message}name it in expect.toml."))
    for check in sorted(expected & run.failing):
        got, wanted = run.outcomes[check], mutant.outcomes.get(check)
        allowed = (wanted,) if wanted else _PLAIN_FAILURES
        if got not in allowed:
            message = f"{check} ended as {got}, expected {wanted or 'failed'}. Correct the mutant "
            broken.append(Promise("mutant", label, f"{message}or set outcomes in expect.toml."))
    return broken


def notebook_promises(label: str, run: GateRun, reference: GateRun) -> list[Promise]:
    """Check that the solution scores the same as a notebook as it does as files."""
    if run.verdict != reference.verdict:
        message = f"the verdict is {run.verdict}: {run.reason or run.staff_detail}"
        return [Promise("notebook", label, message)]
    differing = sorted(
        check
        for check in reference.outcomes.keys() | run.outcomes.keys()
        if _result(run, check) != _result(reference, check)
    )
    if not differing:
        return []
    message = f"differs from the .py files in {', '.join(differing)}. What the files do when each "
    return [Promise("notebook", label, f"{message}is a module of its own, they must do in one.")]


def points_promises(spec: AssignmentSpec, reference: GateRun) -> list[Promise]:
    """Check that the checks' points add up to the problems', and these to the homework's."""
    if reference.verdict != "graded":
        return []
    broken = []
    for problem in spec.judged_problems:
        total = sum(
            (
                possible
                for check, (_, possible) in reference.points.items()
                if reference.problems.get(check) == problem.id
            ),
            Decimal(0),
        )
        if total != problem.points:
            message = f"its checks add up to {_points(total)} points, assignment.toml says "
            remedy = "Change the points marks or the problem's points."
            text = f"{message}{_points(problem.points)}. {remedy}"
            broken.append(Promise("points", f"problem {problem.id}", text))
    by_hand = sum((p.points for p in spec.problems if p not in spec.judged_problems), Decimal(0))
    whole = reference.possible + by_hand
    if whole != spec.points:
        message = f"can earn {_points(whole)} points, assignment.toml says {_points(spec.points)}."
        broken.append(Promise("points", spec.slug, message))
    return broken


def stability_promises(runs: Runs) -> list[Promise]:
    """Check that every repeat of a submission ends as the first did."""
    unstable: dict[str, dict[str, list[str]]] = {}
    for label, repeated in runs.items():
        for check in sorted({check for run in repeated for check in run.outcomes}):
            outcomes = [run.outcomes.get(check, "missing") for run in repeated]
            if len({_result(run, check) for run in repeated}) > 1:
                unstable.setdefault(check, {})[label] = outcomes
    broken = []
    for check, labels in sorted(unstable.items()):
        listed = "; ".join(f"{label} ({', '.join(seen)})" for label, seen in labels.items())
        message = f"is flaky: the same submission ends differently. {listed}. Take every random "
        remedy = "number from the fixture rng, widen a tolerance or fix the time limit."
        broken.append(Promise("flaky", check, message + remedy))
    for label, repeated in runs.items():
        verdicts = [run.verdict for run in repeated]
        if len(set(verdicts)) > 1:
            message = f"the verdict changes from run to run: {', '.join(verdicts)}."
            broken.append(Promise("flaky", label, message))
    return broken


def unkilled_checks(reference: GateRun, mutants: list[list[GateRun]]) -> list[Promise]:
    """Warn of checks that no mutant fails: nothing shows that they can fail at all."""
    killed = {check for runs in mutants for run in runs for check in run.failing}
    return [
        Promise("unkilled", check, "no mutant fails it. Write one that should.")
        for check in sorted(set(reference.outcomes) - killed)
    ]


def _result(run: GateRun, check: str) -> tuple[str, Decimal]:
    earned, _ = run.points.get(check, (Decimal(0), Decimal(0)))
    return run.outcomes.get(check, "missing"), earned


def _distinct(runs: list[GateRun]) -> list[GateRun]:
    """Keep one run of each kind: three equal runs break a promise once."""
    kept: dict[tuple[object, ...], GateRun] = {}
    for run in runs:
        kept.setdefault((run.verdict, *sorted(run.outcomes.items()), run.earned), run)
    return list(kept.values())


def _points(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _lowered(text: str) -> str:
    sentence = text.strip().rstrip(".")
    return f"{sentence[:1].lower()}{sentence[1:]}."
