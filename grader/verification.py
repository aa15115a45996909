"""A receipt run again: whether the same files, suite and seed give the same results today.

The signature shows that the service wrote the receipt, the digests which files and suite it is
about, and the seed makes the hidden inputs of then. What is compared are outcomes and points, and
what the run was made with; not how long it took.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings

from assignments.errors import AssignmentInvalid, UploadRejected
from grader.blobs import BlobLost
from grader.errors import GraderError
from grader.models import CheckResult, GradingJob
from grader.pipeline.execute import make_grader, request_again
from runners import receipt as receipts
from runners.contract import RunReport, Verdict
from runners.sandboxes.base import SandboxError

_JOB = re.compile(r"job-(\d{1,18})-\d+\Z")
_SEED = re.compile(r"[0-9a-f]{16}\Z")
_GRADED = {Verdict.GRADED, Verdict.REJECTED, Verdict.ASSIGNMENT_FAULT}


class ReceiptInvalid(GraderError):  # noqa: N818 - what it is, not which code
    """No receipt of this service, or one that was changed since."""


class ReceiptUnrunnable(GraderError):  # noqa: N818 - what it is, not which code
    """A receipt of ours that cannot be run here and now."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What became of a receipt that was run again."""

    job: int
    submission: int
    results: tuple[str, ...]
    """What differs in the results: verdict, outcomes, points."""
    surroundings: tuple[str, ...]
    """What differs in what the run was made with: files, suite, images, versions, device."""

    @property
    def is_same(self) -> bool:
        """Whether nothing differs at all."""
        return not self.results and not self.surroundings


def verify(data: bytes) -> Verification:
    """Run again what this file is the receipt of: `results.json`, or the receipt alone."""
    document = _document(data)
    receipt = document.get("receipt", document)
    if not isinstance(receipt, dict) or "signature" not in receipt:
        raise ReceiptInvalid("There is no signed receipt in this file.")
    job = _job(receipt)
    receipt = _whole(receipt, job)
    if job is None:
        raise ReceiptUnrunnable("The receipt is ours, but its grading is not on this site.")
    rows = list(job.results.all())
    _compare_file(document, rows)
    report = _again(job, receipt)
    return Verification(
        job=job.pk,
        submission=job.submission_id,
        results=tuple(_results(receipt, report, rows)),
        surroundings=tuple(_surroundings(receipt, report.receipt)),
    )


def _document(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ReceiptInvalid(f"This file is no JSON: {error}") from error
    if not isinstance(document, dict):
        raise ReceiptInvalid("This file holds no receipt: it is no object.")
    return document


def _job(receipt: Mapping[str, Any]) -> GradingJob | None:
    name = _JOB.match(str(receipt.get("job", "")))
    rows = GradingJob.objects.select_related("version__assignment", "submission")
    return rows.filter(pk=int(name[1])).first() if name else None


def _whole(receipt: Mapping[str, Any], job: GradingJob | None) -> dict[str, Any]:
    """The receipt with its seed, which a student's copy lacks; raises where it is not signed."""
    whole = dict(receipt)
    if "seed" not in whole and job is not None and "seed" in job.receipt:
        whole["seed"] = job.receipt["seed"]
    if not receipts.verify(whole, settings.SANDGLASS_RECEIPT_KEY.encode()):
        raise ReceiptInvalid(
            "The signature is not that of this receipt: it was changed, or another site or another "
            "SANDGLASS_RECEIPT_KEY signed it."
        )
    return whole


def _compare_file(document: Mapping[str, Any], rows: list[CheckResult]) -> None:
    """The receipt may be ours, and the points around it somebody else's."""
    tests = document.get("tests", [])
    told = {row.position: row for row in rows}
    for test in tests if isinstance(tests, list) else []:
        try:
            row = told.get(int(test["number"]))
            said = (Decimal(str(test["score"])), Decimal(str(test["max_score"])))
        except (ArithmeticError, KeyError, TypeError, ValueError) as error:
            raise ReceiptInvalid("A test in this file has no number or no points.") from error
        if row is None or said != (round(row.points, 2), round(row.max_points, 2)):
            raise ReceiptInvalid(
                f"Test {test['number']} of this file has other points than its grading gave."
            )
    total = sum((row.points for row in rows), Decimal(0))
    if rows and "score" in document and str(document["score"]) != str(_plain(total)):
        raise ReceiptInvalid("This file has another score than its grading gave.")


def _again(job: GradingJob, receipt: Mapping[str, Any]) -> RunReport:
    if not _SEED.match(str(receipt.get("seed", ""))):
        raise ReceiptInvalid("The receipt has no seed to run it again with.")
    device = "gpu" if receipt.get("device") == "cuda" else "cpu"
    try:
        request = request_again(job, seed=int(receipt["seed"], 16), device=device)
        with make_grader(ahead=0) as grader:
            report = grader.grade(request)
    except (AssignmentInvalid, BlobLost, SandboxError, UploadRejected) as error:
        raise ReceiptUnrunnable(f"The grading cannot be run again: {error}") from error
    if report.verdict not in _GRADED:
        raise ReceiptUnrunnable(f"The grading cannot be run again: {report.staff_detail}")
    return report


def _results(
    receipt: Mapping[str, Any], report: RunReport, rows: list[CheckResult]
) -> Iterator[str]:
    if receipt.get("verdict") != report.verdict.value:
        yield f"verdict: {receipt.get('verdict')} then, {report.verdict.value} now"
    before = {row.check_id: f"{row.outcome}, {_of(row.points, row.max_points)}" for row in rows}
    now = {c.id: f"{c.outcome.value}, {_of(c.points, c.max_points)}" for c in report.checks}
    different = False
    for check in sorted(before.keys() | now.keys()):
        old, new = before.get(check, "not there"), now.get(check, "not there")
        if old != new:
            different = True
            yield f"{check}: {old} then, {new} now"
    if not different and receipt.get("results") != report.receipt.get("results"):
        yield "results: the receipt was made of others than those that are kept here"


def _surroundings(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for name, words in (("submission", "files"), ("suite", "suite"), ("device", "device")):
        yield from _difference(words, then.get(name), now.get(name))
    for part in ("sandbox", "versions"):
        old, new = _flat(part, then.get(part)), _flat(part, now.get(part))
        for name in sorted(old.keys() | new.keys()):
            yield from _difference(name, old.get(name), new.get(name))
    names = [[gpu.get("name") for gpu in each.get("gpus", [])] for each in (then, now)]
    yield from _difference("gpus", *names)


def _difference(name: str, then: object, now: object) -> Iterator[str]:
    if then != now:
        yield f"{name}: {then} then, {now} now"


def _flat(name: str, value: object) -> dict[str, object]:
    """Nested facts under dotted names: `versions.guest.torch`."""
    if not isinstance(value, Mapping):
        return {name: value}
    found: dict[str, object] = {}
    for key, part in value.items():
        found |= _flat(f"{name}.{key}", part)
    return found


def _plain(points: Decimal) -> float | int:
    """As `results.json` has numbers."""
    return int(points) if points == points.to_integral_value() else float(round(points, 2))


def _of(points: Decimal, most: Decimal) -> str:
    return f"{points.normalize():f} of {most.normalize():f}"
