"""What a run leaves behind so that it can be run again, and so that nobody can change it unseen."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from runners.contract import Gpu, RunReport, RunRequest

VERSION = 1


def make(
    request: RunRequest,
    report: RunReport,
    sandbox: Mapping[str, str],
    facts: Mapping[str, Mapping[str, str]],
    gpus: Sequence[Gpu] = (),
) -> dict[str, Any]:
    """The receipt of a run: digests of what went in and came out, seed, versions, sandbox."""
    return {
        "version": VERSION,
        "job": request.job,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "submission": submission_digest(request),
        "suite": files_digest(request.suite.files.items()),
        "seed": f"{request.seed:016x}",
        "isolation": request.isolation.value,
        "forgeable": request.isolation.value != "split",
        "sandbox": dict(sandbox),
        "versions": {side: dict(versions) for side, versions in facts.items()},
        "device": "cuda" if gpus else "cpu",
        "gpus": [{"uuid": gpu.uuid, "name": gpu.name, "driver": gpu.driver} for gpu in gpus],
        "verdict": report.verdict.value,
        "results": _results_digest(report),
    }


def files_digest(files: Iterable[tuple[str, bytes]]) -> str:
    """SHA-256 over names and contents, in the order of the names."""
    digest = hashlib.sha256()
    for name, data in sorted(files):
        digest.update(f"{len(name.encode())}:{name}:{len(data)}:".encode())
        digest.update(data)
    return digest.hexdigest()


def submission_digest(request: RunRequest) -> str:
    """SHA-256 over the submission as it was run: its modules' sources and its files."""
    sources = [
        (f"{module.origin}#{index}", cell.source.encode("utf-8", "replace"))
        for module in request.submission.modules
        for index, cell in enumerate(module.cells)
    ]
    answers = [(check.id, check.output.encode("utf-8", "replace")) for check in request.judged]
    return files_digest([*sources, *request.submission.files.items(), *answers])


def _results_digest(report: RunReport) -> str:
    lines = [f"{c.id} {c.outcome.value} {c.points}/{c.max_points}\n" for c in report.checks]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def sign(receipt: Mapping[str, Any], key: bytes) -> dict[str, Any]:
    """The receipt with an HMAC-SHA-256 over its canonical JSON."""
    return {**_unsigned(receipt), "signature": _signature(receipt, key)}


def verify(receipt: Mapping[str, Any], key: bytes) -> bool:
    """Whether the receipt was signed with `key` and has not been changed since."""
    told = str(receipt.get("signature", "")).encode("utf-8", "replace")
    return hmac.compare_digest(told, _signature(receipt, key).encode())


def _unsigned(receipt: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in receipt.items() if name != "signature"}


def _signature(receipt: Mapping[str, Any], key: bytes) -> str:
    text = json.dumps(_unsigned(receipt), sort_keys=True, separators=(",", ":"))
    return hmac.digest(key, text.encode(), hashlib.sha256).hex()
