"""The command `check`: runs the gate over homeworks, tells what it found."""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from assignments.build import stale_files
from assignments.commands.sandboxed import grading, unchanged
from assignments.errors import AssignmentInvalid
from assignments.gate import GateOptions, GateResult, labels, run_gate
from assignments.loader import load_assignment
from assignments.matrix import matrix_text, resources_text, result_as_data
from assignments.proof import Promise
from assignments.spec import AssignmentSpec
from runners.contract import RunRequest
from runners.gpus import find_gpus
from runners.sandboxes.base import SandboxError

OK, BROKEN, USAGE = 0, 1, 2
_LABELS = "Runs are named reference, handout, mutants/NAME; * stands for anything."


def check(folders: Sequence[Path], options: argparse.Namespace) -> int:
    """Run the gate over each folder; the exit code."""
    reports: list[dict[str, Any]] = []
    code, met = OK, False
    for folder in folders:
        try:
            spec = load_assignment(folder)
            if not any(fnmatchcase(label, options.only) for label in labels(spec)):
                continue
            met = True
            results = [_gated(folder, spec, options, d) for d in devices(spec, options.device)]
        except AssignmentInvalid as error:
            print(error, file=sys.stderr)
            faults = [asdict(fault) for fault in error.faults]
            reports.append({"homework": folder.name, "ok": False, "faults": faults})
            code = BROKEN
            continue
        for result in results:
            _print_result(spec, result, options.only)
            reports.append(result_as_data(spec, result))
            code = code if result.ok else BROKEN
    if not met and code == OK:
        print(f"No run is named {options.only!r}. {_LABELS}", file=sys.stderr)
        return USAGE
    if options.json:
        options.json.write_text(json.dumps(reports, indent=2) + "\n", encoding="utf-8")
    return code


def devices(spec: AssignmentSpec, wanted: str) -> tuple[str, ...]:
    """Where the checks marked `gpu` are proven: on the CPU, and on a GPU where there is one."""
    if wanted != "auto":
        return (wanted,)
    return ("cpu", "gpu") if spec.gpus and len(find_gpus()) >= spec.gpus else ("cpu",)


def _gated(
    folder: Path, spec: AssignmentSpec, options: argparse.Namespace, device: str
) -> GateResult:
    if stale := stale_files(folder, spec):
        message = f"is stale ({', '.join(stale)}). Run: python -m assignments build {spec.slug}"
        return GateResult(spec.slug, (Promise("handout", "handout", message),), ())
    wanted = GateOptions(options.repeats, options.jobs, options.related, options.only)
    try:
        adjust = unchanged if options.seed is None else _Seeds(options.seed).adjust
        opened = grading(
            folder, spec, options.sandbox, device=device, jobs=options.jobs, adjust=adjust
        )
        with opened as grade:
            return run_gate(folder, spec, grade, wanted, print_progress)
    except SandboxError as error:
        return GateResult(spec.slug, (Promise("system", "sandbox", str(error)),), ())


class _Seeds:
    """Gives each run of each label a seed of its own, and the next time the same ones."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._runs: dict[str, itertools.count[int]] = {}

    def adjust(self, request: RunRequest) -> RunRequest:
        """The request, with its seed: 64 bits of a digest."""
        number = next(self._runs.setdefault(request.job, itertools.count()))
        text = f"{self._seed}:{request.job}:{number}"
        digest = hashlib.sha256(text.encode()).digest()
        return replace(request, seed=int.from_bytes(digest[:8], "big"))


def print_progress(label: str, done: int, total: int) -> None:
    """Tell which run begins."""
    # On a terminal one line is written over and over; in a log each run keeps its own.
    end = "\r" if sys.stderr.isatty() and done + 1 < total else "\n"
    print(f"[{done + 1:>3}/{total}] {label:<60.60}", end=end, file=sys.stderr, flush=True)


def _print_result(spec: AssignmentSpec, result: GateResult, only: str) -> None:
    print(matrix_text(spec, result))
    if used := resources_text(result):
        print(used)
    for promise in result.warnings:
        print(f"warning: {promise}")
    for promise in result.broken:
        print(f"broken: {promise}", file=sys.stderr)
    runs = sum(len(repeated) for repeated in result.runs.values())
    verdict = "may be published" if result.ok else f"{len(result.broken)} promise(s) broken"
    if not result.whole:
        verdict = "as expected" if result.ok else verdict
        verdict += f"; of {only} alone, which proves nothing of the whole"
    print(f"{spec.slug}: {runs} run{'' if runs == 1 else 's'}, {verdict}")
