"""Grades in shared mode: one sandbox, suite and submission in one process. Forgeable by design."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

from runners import receipt
from runners.contract import Gpu, Resources, RunReport, RunRequest, Verdict
from runners.judgement import Judgement
from runners.orders import order, sources
from runners.relay import JudgeLine
from runners.sandboxes.base import ProcessSpec, Role, Sandbox, SandboxError
from runners.wire.encode import encode

_START_SECONDS = 120.0
_GRACE_SECONDS = 60.0
_ENDED = "The submission ended the grading process, or ran out of time, before the last check."


def grade(
    sandbox: Sandbox,
    request: RunRequest,
    on_event: Callable[[dict[str, Any]], None],
    gpus: tuple[Gpu, ...] = (),
) -> RunReport:
    """One classic run. Raises `SandboxError` when the sandbox cannot be started."""
    began = time.monotonic()
    limits = request.limits
    seconds = limits.run_seconds + limits.load_seconds + _GRACE_SECONDS
    until = time.time() + seconds + _START_SECONDS
    spec = ProcessSpec(Role.SHARED, limits, request.job, until, gpus)
    line = JudgeLine(sandbox.start(spec))
    ready = line.next_event(time.monotonic() + _START_SECONDS)
    if ready is None:
        raise SandboxError(f"the sandbox did not start: {line.process.kill().stderr[-2_000:]}")
    judgement = Judgement(
        "cuda" if gpus else "cpu",
        said=request.submission.notices,
        judged=request.judged,
        mistakes=request.suite.mistakes,
    )
    line.order(encode({**order(request, judgement.device), "sources": sources(request)}))
    with sandbox.watch() as pulse:
        ended_well = line.follow(judgement, on_event, time.monotonic() + seconds)
    judgement.doubt(pulse.silent_seconds)
    ending = line.process.kill()
    report = judgement.report() if ended_well else RunReport(Verdict.REJECTED, reason=_ENDED)
    resources = Resources(
        wall_seconds=time.monotonic() - began,
        guest_cpu_seconds=ending.cpu_seconds,
        guest_peak_bytes=ending.peak_bytes,
    )
    report = dataclasses.replace(report, resources=resources)
    facts = {"shared": ready["facts"]}
    return dataclasses.replace(
        report,
        receipt=receipt.make(request, report, sandbox.describe(gpu=bool(gpus)), facts, gpus),
    )
