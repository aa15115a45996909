"""The publish gate: a suite is proven before it counts.

Grades the reference, the handout and every mutant through a function that the caller brings, and
gathers every promise that the suite breaks. Knows nothing of sandboxes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from assignments.build import solution_notebook
from assignments.errors import UploadRejected
from assignments.hints import hint_warnings
from assignments.lint import lint_suite
from assignments.loader import handout_files, mutant_files, read_suite, solution_files
from assignments.margins import error_promises, time_promises
from assignments.promises import (
    handout_promises,
    mutant_promises,
    notebook_promises,
    points_promises,
    reference_promises,
    stability_promises,
    unkilled_checks,
)
from assignments.proof import GateRun, Promise, Runs
from assignments.related import Reach
from assignments.side_by_side import Progress, side_by_side
from assignments.spec import AssignmentSpec, MutantSpec
from assignments.triage import TriagedUpload, triage

REFERENCE = "reference"
HANDOUT = "handout"
NOTEBOOK = "reference as a notebook"
FAULTS = ("assignment_fault", "system_fault")

Grade = Callable[[str, TriagedUpload, frozenset[str]], GateRun]
"""Grades an upload by some check files (`hidden/test_a.py`) or single checks of them
(`hidden/test_a.py::test_b`). Called from as many threads as there are jobs."""


@dataclass(frozen=True, slots=True)
class GateOptions:
    """How much is run, and how."""

    repeats: int = 3
    jobs: int = 1
    """How many runs go on side by side."""
    related: bool = False
    """A mutant is judged only by check files that its changes can reach, and from the second time
    on only by the checks that it names."""
    only: str = "*"
    """A pattern of labels, as in a shell: only what it names is run and judged."""

    @property
    def whole(self) -> bool:
        """Whether everything is run, so that the result proves the suite."""
        return self.only == "*"


@dataclass(frozen=True, slots=True)
class GateResult:
    """What the gate found. The homework may be published only if `ok` and `whole`."""

    slug: str
    broken: tuple[Promise, ...]
    warnings: tuple[Promise, ...]
    runs: Mapping[str, tuple[GateRun, ...]] = field(default_factory=dict)
    whole: bool = True

    @property
    def ok(self) -> bool:
        """Whether the suite keeps all the promises that were looked at."""
        return not self.broken


@dataclass(frozen=True, slots=True)
class _Planned:
    """One run to make."""

    label: str
    files: Mapping[str, bytes]
    checks: frozenset[str]


def run_gate(
    folder: Path,
    spec: AssignmentSpec,
    grade: Grade,
    options: GateOptions = GateOptions(),
    on_progress: Progress | None = None,
) -> GateResult:
    """Grade everything that has a known result, `repeats` times; gather all broken promises."""
    plan = _plan(folder, spec, options)
    runs: Runs = {}
    # After a fault the suite or the host is broken: every other run would only say so again.
    for planned, run in side_by_side(
        plan,
        lambda planned: _graded(planned, spec, grade),
        options.jobs,
        name=lambda planned: planned.label,
        is_last=lambda run: run.verdict in FAULTS,
        tell=on_progress,
    ):
        runs.setdefault(planned.label, []).append(run)
    for label, repeated in runs.items():
        if faulty := [run for run in repeated if run.verdict in FAULTS]:
            return _result(spec, options, [_fault_promise(label, faulty[0])], [], runs)
    if REFERENCE in runs:
        # What a change cannot reach ends as it does for the solution.
        for repeated in runs.values():
            repeated[0] = repeated[0].completed(runs[REFERENCE][0])
    # So does what a repeat was spared, as the first time.
    runs = {label: [run.completed(found[0]) for run in found] for label, found in runs.items()}
    return _judged(folder, spec, options, runs)


def _plan(folder: Path, spec: AssignmentSpec, options: GateOptions) -> list[_Planned]:
    uploads = _uploads(folder, spec)
    reach = Reach(spec, read_suite(folder, spec), uploads[REFERENCE])
    mutants = {_label(mutant.name): mutant for mutant in spec.mutants}
    once, again = [], []
    for label, files in uploads.items():
        mutant = mutants.get(label)
        checks = named = reach.checks
        if options.related and mutant and not mutant.cheat and mutant.verdict == "graded":
            checks = reach.checks_of(files)
            named = frozenset(c for c in mutant.fails if _file(c) in checks) or checks
        once.append(_Planned(label, files, checks))
        again.append(_Planned(label, files, named))
    plan = once[:1] * options.repeats + once[1:] + again[1:] * (options.repeats - 1)
    if spec.files.notebook is not None:
        files = {spec.files.notebook.file: solution_notebook(folder, spec)} | {
            name: data for name, data in uploads[REFERENCE].items() if not name.endswith(".py")
        }
        plan.append(_Planned(NOTEBOOK, files, reach.checks))
    return [planned for planned in plan if fnmatchcase(planned.label, options.only)]


def _judged(folder: Path, spec: AssignmentSpec, options: GateOptions, runs: Runs) -> GateResult:
    broken = _broken_by_runs(spec, runs)
    mutated = {label: repeated for label, repeated in runs.items() if _is_mutant(label)}
    near, warnings = error_promises(runs.get(REFERENCE, []), mutated)
    broken += near
    warnings += hint_warnings(spec, mutated)
    if options.whole:
        broken += lint_suite(read_suite(folder, spec), spec.gpus)
        warnings += unkilled_checks(runs[REFERENCE][0], list(mutated.values()))
    return _result(spec, options, broken, warnings, runs)


def _broken_by_runs(spec: AssignmentSpec, runs: Runs) -> list[Promise]:
    broken = []
    reference = runs[REFERENCE][0] if REFERENCE in runs else None
    if reference is not None:
        broken += reference_promises(REFERENCE, runs[REFERENCE])
        broken += points_promises(spec, reference)
        broken += time_promises(REFERENCE, runs[REFERENCE])
    if HANDOUT in runs:
        broken += handout_promises(spec, HANDOUT, runs[HANDOUT])
    for mutant in spec.mutants:
        if repeated := runs.get(_label(mutant.name)):
            broken += mutant_promises(mutant, repeated, _known(reference or repeated[0], mutant))
    if NOTEBOOK in runs and reference is not None:
        broken += notebook_promises(NOTEBOOK, runs[NOTEBOOK][0], reference)
    return broken + stability_promises(runs)


def _known(run: GateRun, mutant: MutantSpec) -> set[str]:
    """The checks that exist: what ran, and what the mutant names of a file that was spared."""
    files = {_file(check) for check in run.outcomes}
    return {*run.outcomes, *(check for check in mutant.fails if _file(check) not in files)}


def _result(
    spec: AssignmentSpec,
    options: GateOptions,
    broken: list[Promise],
    warnings: list[Promise],
    runs: Runs,
) -> GateResult:
    frozen = {label: tuple(repeated) for label, repeated in runs.items()}
    return GateResult(spec.slug, tuple(broken), tuple(warnings), frozen, options.whole)


def labels(spec: AssignmentSpec) -> list[str]:
    """The names of all runs of a homework."""
    notebook = [NOTEBOOK] if spec.files.notebook is not None else []
    return [REFERENCE, HANDOUT, *(_label(m.name) for m in spec.mutants), *notebook]


def _file(check: str) -> str:
    return check.partition("::")[0]


def _is_mutant(label: str) -> bool:
    return label.startswith("mutants/")


def _label(mutant: str) -> str:
    return f"mutants/{mutant}"


def _uploads(folder: Path, spec: AssignmentSpec) -> dict[str, dict[str, bytes]]:
    uploads = {REFERENCE: solution_files(folder, spec), HANDOUT: handout_files(folder, spec)}
    for mutant in spec.mutants:
        uploads[_label(mutant.name)] = mutant_files(folder, spec, mutant)
    return uploads


def _graded(planned: _Planned, spec: AssignmentSpec, grade: Grade) -> GateRun:
    try:
        upload = triage(planned.files, spec)
    except UploadRejected as error:
        return GateRun("rejected", error.message)
    # What nothing reads changes nothing. Answers are read by no check.
    spared = not planned.checks and not spec.answers
    return GateRun("graded") if spared else grade(planned.label, upload, planned.checks)


def _fault_promise(label: str, run: GateRun) -> Promise:
    detail = run.staff_detail or run.reason or "no detail was given"
    if run.verdict == "system_fault":
        message = f"the sandbox failed, so nothing is proven: {detail}"
        return Promise("system", label, f"{message}\nRun 'python -m runners doctor'.")
    return Promise("suite", label, f"the suite itself is broken; repair it first:\n{detail}")
