"""`python -m runners grade | doctor | image`: grading with no web service at all.

Exit codes of `grade`: 0 graded, whatever the score; 1 rejected; 2 bad usage or a broken
assignment; 3 a fault of this host or of Sandglass.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from assignments.errors import AssignmentInvalid, UploadRejected
from runners import doctor, receipt, terminal
from runners.contract import RunReport, Verdict
from runners.grading import Grader
from runners.images import build
from runners.report import Audience, to_results
from runners.requests import DEVICES, build_request
from runners.sandboxes.base import SandboxError
from runners.sandboxes.choose import open_sandbox
from runners.unrun import needs_a_run, report_without_a_run

OK, REJECTED, USAGE, SYSTEM = 0, 1, 2, 3
SANDBOXES = ("auto", "docker", "bubblewrap", "process")
_EXIT = {
    Verdict.GRADED: OK,
    Verdict.REJECTED: REJECTED,
    Verdict.ASSIGNMENT_FAULT: USAGE,
    Verdict.SYSTEM_FAULT: SYSTEM,
}
_KEY = "SANDGLASS_RECEIPT_KEY"
_RUNTIME = "SANDGLASS_DOCKER_RUNTIME"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    return int(options.run(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m runners",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True)
    grade = commands.add_parser("grade", help="grade one submission")
    grade.add_argument("path", type=Path, help="a folder, .py, .ipynb, .zip or .tar.gz")
    grade.add_argument("--assignment", type=Path, required=True, help="the homework's folder")
    grade.add_argument("--sandbox", choices=SANDBOXES, default="auto")
    grade.add_argument("--json", metavar="FILE", help="write results.json there; - for stdout")
    grade.add_argument("--audience", choices=list(Audience), default=Audience.STAFF)
    grade.add_argument("--seed", type=lambda text: int(text, 16), help="repeat a receipt's seed")
    grade.add_argument("--device", choices=DEVICES, default="auto", help="where gpu checks run")
    grade.set_defaults(run=_grade)
    health = commands.add_parser("doctor", help="say what this host can do")
    health.set_defaults(run=lambda options: doctor.main(options.runtime))
    for command in (grade, health):
        command.add_argument(
            "--runtime", default=os.environ.get(_RUNTIME, ""), help="Docker's, as in runsc"
        )
    image = commands.add_parser("image", help="the sandbox images")
    building = image.add_subparsers(required=True).add_parser("build", help="build them")
    building.add_argument("--base", help="base image, where the default cannot be pulled")
    building.add_argument("--gpu", action="store_true", help="those of guests that get a GPU")
    building.set_defaults(run=_build_images)
    return parser


def _grade(options: argparse.Namespace) -> int:
    try:
        request = build_request(
            options.assignment,
            options.path,
            job="cli",
            seed=options.seed,
            device=options.device,
        )
        if not needs_a_run(request):
            return _finish(report_without_a_run(request), options)
        sandbox = open_sandbox(options.sandbox, runtime=options.runtime)
    except AssignmentInvalid as error:
        print(error, file=sys.stderr)
        return USAGE
    except UploadRejected as error:
        return _rejected(str(error), options)
    except FileNotFoundError as error:
        print(f"There is no {error.filename}.", file=sys.stderr)
        return USAGE
    except SandboxError as error:
        print(error, file=sys.stderr)
        return SYSTEM
    with Grader(sandbox) as grader, terminal.progress() as show:
        report = grader.grade(request, show)
    return _finish(report, options)


def _rejected(reason: str, options: argparse.Namespace) -> int:
    return _finish(RunReport(verdict=Verdict.REJECTED, reason=reason), options)


def _finish(report: RunReport, options: argparse.Namespace) -> int:
    audience = Audience(options.audience)
    results = to_results(report, audience)
    if key := os.environ.get(_KEY):
        results["receipt"] = receipt.sign(results["receipt"], key.encode())
    if options.json == "-":
        print(json.dumps(results, indent=2))
    else:
        terminal.summary(report, audience)
    if options.json and options.json != "-":
        Path(options.json).write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    if report.verdict is not Verdict.GRADED:
        print(results["output"], file=sys.stderr)
    return _EXIT[report.verdict]


def _build_images(options: argparse.Namespace) -> int:
    try:
        build.build_images(options.base, print, gpu=options.gpu)
    except SandboxError as error:
        print(error, file=sys.stderr)
        return SYSTEM
    return OK


if __name__ == "__main__":
    sys.exit(main())
