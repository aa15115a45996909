"""The authors' command line: `python -m assignments build|check [hw1 ...]`.

Exit codes: 0 all is well, 1 a promise is broken or a folder is invalid, 2 bad usage.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assignments.build import stale_files, write_handout
from assignments.errors import AssignmentInvalid
from assignments.fields import near_miss
from assignments.gate import GateResult, Grade, run_gate
from assignments.loader import DECLARATION, load_assignment
from assignments.matrix import matrix_text, result_as_data
from assignments.proof import GateRun, Promise
from assignments.spec import AssignmentSpec
from assignments.triage import TriagedUpload
from runners.contract import Outcome, RunReport
from runners.sandboxes.base import SandboxError

OK, BROKEN, USAGE = 0, 1, 2
SANDBOXES = ("auto", "docker", "bubblewrap", "process")
DEVICES = ("auto", "cpu", "gpu")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    folders = _folders(options.root, options.homework)
    if isinstance(folders, str):
        print(folders, file=sys.stderr)
        return USAGE
    return _build(folders, options) if options.command == "build" else _check(folders, options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m assignments", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="build handout/ from the master")
    build.add_argument("--check", action="store_true", help="exit 1 if handout/ is stale")
    check = commands.add_parser("check", help="prove that the suite keeps its promises")
    check.add_argument("--sandbox", choices=SANDBOXES, default="auto")
    check.add_argument("--device", choices=DEVICES, default="auto", help="where gpu checks run")
    check.add_argument("--repeats", type=_positive, default=3, help="runs of each (default 3)")
    check.add_argument("--json", type=Path, metavar="FILE", help="write all results there")
    for command in (build, check):
        command.add_argument("homework", nargs="*", help="names or folders (default: all)")
        command.add_argument("--root", type=Path, default=Path(__file__).parent)
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _folders(root: Path, names: Sequence[str]) -> list[Path] | str:
    """Find the homeworks' folders, or say which one there is none of."""
    known = {path.parent.name: path.parent for path in sorted(root.glob(f"*/{DECLARATION}"))}
    if not names:
        return list(known.values()) or f"There is no homework in {root}."
    folders = []
    for name in names:
        if name in known:
            folders.append(known[name])
        elif Path(name).is_dir():
            folders.append(Path(name))
        else:
            hint = near_miss(name, known) or f"There are: {', '.join(known) or 'none'}."
            return f"There is no homework {name!r} in {root}. {hint}"
    return folders


def _build(folders: Sequence[Path], options: argparse.Namespace) -> int:
    code = OK
    for folder in folders:
        try:
            spec = load_assignment(folder)
            changed = (stale_files if options.check else write_handout)(folder, spec)
        except AssignmentInvalid as error:
            print(error, file=sys.stderr)
            code = BROKEN
            continue
        if changed and options.check:
            print(f"{spec.slug}: handout/ is stale: {', '.join(changed)}", file=sys.stderr)
            print(f"Run: python -m assignments build {spec.slug}", file=sys.stderr)
            code = BROKEN
        else:
            print(f"{spec.slug}: {f'{len(changed)} file(s) changed' if changed else 'up to date'}")
    return code


def _check(folders: Sequence[Path], options: argparse.Namespace) -> int:
    reports: list[dict[str, Any]] = []
    code = OK
    for folder in folders:
        try:
            spec = load_assignment(folder)
            result = _gated(folder, spec, options)
        except AssignmentInvalid as error:
            print(error, file=sys.stderr)
            faults = [asdict(fault) for fault in error.faults]
            reports.append({"homework": folder.name, "ok": False, "faults": faults})
            code = BROKEN
            continue
        _print_result(spec, result)
        reports.append(result_as_data(spec, result))
        code = code if result.ok else BROKEN
    if options.json:
        options.json.write_text(json.dumps(reports, indent=2) + "\n", encoding="utf-8")
    return code


def _gated(folder: Path, spec: AssignmentSpec, options: argparse.Namespace) -> GateResult:
    if stale := stale_files(folder, spec):
        message = f"is stale ({', '.join(stale)}). Run: python -m assignments build {spec.slug}"
        return GateResult(spec.slug, (Promise("handout", "handout", message),), ())
    try:
        with _grading(folder, spec, options.sandbox, options.device) as grade:
            return run_gate(folder, spec, grade, options.repeats, _print_progress)
    except SandboxError as error:
        return GateResult(spec.slug, (Promise("system", "sandbox", str(error)),), ())


def _print_progress(label: str, done: int, total: int) -> None:
    # On a terminal one line is written over and over; in a log each run keeps its own.
    end = "\r" if sys.stderr.isatty() and done + 1 < total else "\n"
    print(f"[{done + 1:>3}/{total}] {label:<60.60}", end=end, file=sys.stderr, flush=True)


def _print_result(spec: AssignmentSpec, result: GateResult) -> None:
    print(matrix_text(spec, result))
    for promise in result.warnings:
        print(f"warning: {promise}")
    for promise in result.broken:
        print(f"broken: {promise}", file=sys.stderr)
    runs = sum(len(repeated) for repeated in result.runs.values())
    verdict = "may be published" if result.ok else f"{len(result.broken)} promise(s) broken"
    print(f"{spec.slug}: {runs} runs, {verdict}")


@contextmanager
def _grading(folder: Path, spec: AssignmentSpec, sandbox: str, device: str) -> Iterator[Grade]:
    """Open the real sandbox as a function that the gate can call: the one seam to `runners`."""
    # Here, and not above: `build` needs no sandbox and must run where none can be made.
    from runners.grading import Grader  # noqa: PLC0415 - see above
    from runners.requests import make_request, suite_of  # noqa: PLC0415 - see above
    from runners.sandboxes.choose import open_sandbox  # noqa: PLC0415 - see above

    suite = suite_of(folder, spec)
    with Grader(open_sandbox(sandbox), ahead=True) as grader:

        def grade(label: str, upload: TriagedUpload) -> GateRun:
            job = re.sub(r"\W+", "-", f"gate-{spec.slug}-{label}")
            request = make_request(upload, suite, spec, job=job, device=device)
            return _gate_run(grader.grade(request))

        yield grade


def _gate_run(report: RunReport) -> GateRun:
    details = [report.staff_detail] if report.staff_detail else []
    details += [
        f"{check.id} ({check.outcome.value}): {check.message or check.traceback}"
        for check in report.checks
        if check.outcome is not Outcome.PASSED
    ]
    return GateRun(
        verdict=report.verdict.value,
        reason=report.reason,
        outcomes={check.id: check.outcome.value for check in report.checks},
        points={check.id: (check.points, check.max_points) for check in report.checks},
        problems={check.id: check.problem for check in report.checks},
        staff_detail="\n".join(details),
    )


if __name__ == "__main__":
    sys.exit(main())
