"""A `RunRequest` as the plain messages that judge and guest get."""

from __future__ import annotations

from typing import Any

from runners.contract import Module, RunRequest


def sources(request: RunRequest) -> dict[str, Any]:
    """The submission: modules with their cells, and other files. For the guest alone."""
    modules = [
        {**_named(module), "cells": [(cell.number, cell.source) for cell in module.cells]}
        for module in request.submission.modules
    ]
    return {"modules": modules, "files": dict(request.submission.files)}


def submission(request: RunRequest) -> tuple[Any, ...]:
    """What the guest's supervisor is told before a run."""
    settings = {
        "cell_seconds": request.limits.load_seconds,
        "frame_bytes": request.limits.frame_bytes,
        "output_bytes": request.limits.output_bytes,
        "preload": request.preload,
    }
    return "submission", sources(request), settings


def order(request: RunRequest, device: str = "cpu") -> dict[str, Any]:
    """What the judge is told: the suite, and of the submission its files' names only."""
    limits, problems = request.limits, request.suite.problems
    return {
        "suite": dict(request.suite.files),
        "problems": {path: problem.id for problem in problems for path in problem.checks},
        "provides": {
            name: signature for problem in problems for name, signature in problem.provides.items()
        },
        "modules": [
            {**_named(module), "labels": _labels(module)} for module in request.submission.modules
        ],
        "seed": request.seed,
        "preload": request.preload,
        "device": device,
        "only": sorted(request.only),
        "stop_at_failure": request.stop_at_failure,
        "load_seconds": limits.load_seconds,
        "check_seconds": limits.check_seconds,
        "call_seconds": limits.call_seconds,
        "run_seconds": limits.run_seconds,
        "frame_bytes": limits.frame_bytes,
    }


def _named(module: Module) -> dict[str, Any]:
    return {"names": list(module.names), "origin": module.origin}


def _labels(module: Module) -> list[str]:
    return [
        module.origin if cell.number is None else f"{module.origin}, code cell {cell.number}"
        for cell in module.cells
    ]
