"""Makes a complete `RunRequest` out of a homework folder and an upload, for the command lines.

With `__main__` and `answers` the only module of this room that knows `assignments`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assignments.loader import handout_signatures, load_assignment, read_suite
from assignments.spec import AssignmentSpec, LimitsSpec
from assignments.triage import TriagedUpload, triage
from runners.answers import judged_results
from runners.contract import (
    ANSWER,
    Cell,
    Isolation,
    Limits,
    Mistake,
    Module,
    Problem,
    RunRequest,
    Submission,
    Suite,
    WithoutGpu,
)

_MIB = 1024**2

DEVICES = ("auto", "cpu", "gpu")
"""Where checks marked `gpu` run: as the homework says, on the CPU, or on a GPU or not at all."""


def build_request(
    folder: Path,
    upload: Path | Mapping[str, bytes],
    *,
    job: str,
    seed: int | None = None,
    device: str = "auto",
) -> RunRequest:
    """Load the homework, triage the upload, put them together; a fresh seed unless one is given.

    Raises `AssignmentInvalid` for the folder and `UploadRejected` for the upload.
    """
    spec = load_assignment(folder)
    return make_request(
        triage(upload, spec), suite_of(folder, spec), spec, job=job, seed=seed, device=device
    )


def suite_of(folder: Path, spec: AssignmentSpec) -> Suite:
    """The suite of a homework, with the interface that its handout promises."""
    signatures = handout_signatures(folder, spec)
    problems = tuple(
        Problem(p.id, p.title, p.points, p.checks, {name: signatures[name] for name in p.provides})
        for p in spec.code_problems
    )
    return Suite(read_suite(folder, spec), problems, _mistakes(spec))


def _mistakes(spec: AssignmentSpec) -> tuple[Mistake, ...]:
    """The mutants as mistakes that a student may have made; a cheat is none."""
    if not spec.mutant_hints:
        return ()
    found = []
    for mutant in spec.mutants:
        # An answer can be wrong in many ways; that it is says nothing of how.
        checks = [check for check in mutant.fails if not check.startswith(ANSWER)]
        if checks and not mutant.cheat:
            fails = {check: mutant.outcomes.get(check, "") for check in checks}
            found.append(Mistake(fails, frozenset(mutant.raises), mutant.hint))
    return tuple(found)


def make_request(
    upload: TriagedUpload,
    suite: Suite,
    spec: AssignmentSpec,
    *,
    job: str,
    seed: int | None = None,
    device: str = "auto",
) -> RunRequest:
    """A request for one triaged upload; `device` is one of `DEVICES`."""
    notices = [*upload.notices, *filter(None, [upload.without_code])]
    modules = tuple(
        Module(m.names, m.origin, tuple(Cell(cell.source, cell.number) for cell in m.cells))
        for m in upload.modules
    )
    return RunRequest(
        job=job,
        submission=Submission(modules, upload.files, tuple(notices)),
        suite=suite,
        seed=secrets.randbits(64) if seed is None else seed,
        limits=limits_of(spec.limits),
        isolation=Isolation(spec.isolation),
        preload=spec.preload,
        gpus=0 if device == "cpu" else spec.gpus,
        without_gpu=WithoutGpu.WAIT if device == "gpu" else WithoutGpu(spec.without_gpu),
        judged=judged_results(spec, upload.answers),
    )


def limits_of(spec: LimitsSpec) -> Limits:
    """The homework's limits; what it leaves open gets the runner's defaults."""
    values = {
        "load_seconds": spec.load_seconds,
        "check_seconds": spec.check_seconds,
        "call_seconds": spec.call_seconds,
        "run_seconds": spec.run_seconds,
        "memory_bytes": spec.memory_mb and spec.memory_mb * _MIB,
        "processes": spec.processes,
        "scratch_bytes": spec.scratch_mb and spec.scratch_mb * _MIB,
    }
    given: dict[str, Any] = {name: value for name, value in values.items() if value is not None}
    return Limits(**given)
