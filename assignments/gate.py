"""The publish gate: a suite is proven before it counts.

Grades the reference, the handout and every mutant through a function that the caller brings, and
gathers every promise that the suite breaks. Knows nothing of sandboxes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from assignments.build import solution_notebook
from assignments.errors import UploadRejected
from assignments.lint import lint_suite
from assignments.loader import handout_files, mutant_files, read_suite, solution_files
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
from assignments.spec import AssignmentSpec
from assignments.triage import TriagedUpload, triage

REFERENCE = "reference"
HANDOUT = "handout"
NOTEBOOK = "reference as a notebook"

Grade = Callable[[str, TriagedUpload], GateRun]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class GateResult:
    """What the gate found. The homework may be published only if `ok`."""

    slug: str
    broken: tuple[Promise, ...]
    warnings: tuple[Promise, ...]
    runs: Mapping[str, tuple[GateRun, ...]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the suite keeps all its promises."""
        return not self.broken


def run_gate(
    folder: Path,
    spec: AssignmentSpec,
    grade: Grade,
    repeats: int = 3,
    on_progress: Progress | None = None,
) -> GateResult:
    """Grade everything that has a known result, `repeats` times; gather all broken promises."""
    uploads = _uploads(folder, spec)
    plan = [REFERENCE] * repeats + [label for label in uploads if label != REFERENCE] * repeats
    if spec.files.notebook is not None:
        uploads[NOTEBOOK] = {spec.files.notebook.file: solution_notebook(folder, spec)} | {
            name: data for name, data in uploads[REFERENCE].items() if not name.endswith(".py")
        }
        plan.append(NOTEBOOK)
    runs: Runs = {}
    for done, label in enumerate(plan):
        if on_progress:
            on_progress(label, done, len(plan))
        run = _graded(label, uploads[label], spec, grade)
        runs.setdefault(label, []).append(run)
        if run.verdict in ("assignment_fault", "system_fault"):
            # The suite or the host is broken: every other run would only say so again.
            return _result(spec, [_fault_promise(label, run)], [], runs)
    return _judged(folder, spec, runs)


def _judged(folder: Path, spec: AssignmentSpec, runs: Runs) -> GateResult:
    reference = runs[REFERENCE][0]
    broken = reference_promises(REFERENCE, runs[REFERENCE])
    broken += points_promises(spec, reference)
    broken += handout_promises(spec, HANDOUT, runs[HANDOUT])
    for mutant in spec.mutants:
        broken += mutant_promises(mutant, runs[_label(mutant.name)], set(reference.outcomes))
    if NOTEBOOK in runs:
        broken += notebook_promises(NOTEBOOK, runs[NOTEBOOK][0], reference)
    broken += stability_promises(runs)
    broken += lint_suite(read_suite(folder, spec))
    warnings = unkilled_checks(reference, [runs[_label(m.name)] for m in spec.mutants])
    return _result(spec, broken, warnings, runs)


def _result(
    spec: AssignmentSpec, broken: list[Promise], warnings: list[Promise], runs: Runs
) -> GateResult:
    frozen = {label: tuple(repeated) for label, repeated in runs.items()}
    return GateResult(spec.slug, tuple(broken), tuple(warnings), frozen)


def _label(mutant: str) -> str:
    return f"mutants/{mutant}"


def _uploads(folder: Path, spec: AssignmentSpec) -> dict[str, dict[str, bytes]]:
    uploads = {REFERENCE: solution_files(folder), HANDOUT: handout_files(folder, spec)}
    for mutant in spec.mutants:
        uploads[_label(mutant.name)] = mutant_files(folder, mutant)
    return uploads


def _graded(label: str, files: dict[str, bytes], spec: AssignmentSpec, grade: Grade) -> GateRun:
    try:
        upload = triage(files, spec)
    except UploadRejected as error:
        return GateRun("rejected", error.message)
    return grade(label, upload)


def _fault_promise(label: str, run: GateRun) -> Promise:
    detail = run.staff_detail or run.reason or "no detail was given"
    if run.verdict == "system_fault":
        message = f"the sandbox failed, so nothing is proven: {detail}"
        return Promise("system", label, f"{message}\nRun 'python -m runners doctor'.")
    return Promise("suite", label, f"the suite itself is broken; repair it first:\n{detail}")
