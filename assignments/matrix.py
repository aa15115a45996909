"""The kill matrix: which mutant fails which check, as text for people and as plain data."""

from __future__ import annotations

import io
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from assignments.gate import GateResult
from assignments.proof import PASSED
from assignments.spec import AssignmentSpec

_NAME_WIDTH = 28
_BLOCK = 5
_LEGEND = "x fails as it must   . passes as it must   S survives   ! fails unasked   - not graded"


def matrix_cells(spec: AssignmentSpec, result: GateResult) -> dict[str, dict[str, str]]:
    """Map mutant to check to one letter of the legend."""
    checks = dict.fromkeys(
        check for repeated in result.runs.values() for check in repeated[0].outcomes
    )
    cells: dict[str, dict[str, str]] = {}
    for mutant in spec.mutants:
        graded = result.runs.get(f"mutants/{mutant.name}", ())
        if not graded and not result.whole:
            continue  # nobody asked for it
        outcomes = graded[0].outcomes if graded else {}
        cells[mutant.name] = {
            check: _letter(outcomes.get(check), expected=check in mutant.fails) for check in checks
        }
    return cells


def _letter(outcome: str | None, *, expected: bool) -> str:
    if outcome is None:
        return "-"
    if outcome == PASSED:
        return "S" if expected else "."
    return "x" if expected else "!"


def matrix_text(spec: AssignmentSpec, result: GateResult) -> str:
    """Draw the matrix, one letter for each check. The numbered names of the checks follow below."""
    cells = matrix_cells(spec, result)
    checks = list(next(iter(cells.values()), {}))
    if not checks:
        return ""
    numbers = range(1, len(checks) + 1)
    tens = _blocks([str(n // 10) if n >= 10 else " " for n in numbers])  # noqa: PLR2004 - digits
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column(f"{spec.slug}\nmutant", no_wrap=True)
    table.add_column(f"{tens}\n{_blocks([str(n % 10) for n in numbers])}", no_wrap=True)
    for mutant, row in cells.items():
        table.add_row(_shortened(mutant), _blocks([row[check] for check in checks]))
    # As wide as it needs to be: a matrix whose columns are cut says nothing.
    console = Console(file=io.StringIO(), width=_NAME_WIDTH + 2 * len(checks) + 80, no_color=True)
    console.print(table)
    for line in (_LEGEND, *(f"{n:>3}  {check}" for n, check in enumerate(checks, start=1))):
        console.print(line, markup=False, highlight=False)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def resources_text(result: GateResult) -> str:
    """Say what the reference's runs used at most, in a line; nothing where it was not run."""
    runs = [run for run in result.runs.get("reference", ()) if run.seconds]
    if not runs:
        return ""
    taken = max((seconds, check) for run in runs for check, seconds in run.seconds.items())
    (seconds, limit), check = taken
    parts = [f"slowest check {check}: {seconds:.1f} of {limit:g} s"]
    for name in runs[0].spans:
        (seconds, limit) = max(run.spans[name] for run in runs)
        parts.append(f"{name}: {seconds:.1f} of {limit:g} s")
    if peaks := [run.peak_bytes for run in runs if run.peak_bytes is not None]:
        parts.append(f"memory: {max(peaks) / 1e6:.0f} MB")
    devices = sorted({run.device for run in runs if run.device})
    return f"reference: {'; '.join(parts)}; on {', '.join(devices) or 'an unknown device'}"


def _blocks(letters: list[str]) -> str:
    """Set letters in blocks of five, which an eye can count."""
    return " ".join("".join(letters[at : at + _BLOCK]) for at in range(0, len(letters), _BLOCK))


def _shortened(name: str) -> str:
    return name if len(name) <= _NAME_WIDTH else name[: _NAME_WIDTH - 1] + "…"


def result_as_data(spec: AssignmentSpec, result: GateResult) -> dict[str, Any]:
    """Give everything that the gate found as plain data, for JSON."""
    return {
        "homework": result.slug,
        "digest": spec.digest,
        "ok": result.ok,
        "broken": [
            {"kind": p.kind, "subject": p.subject, "message": p.message} for p in result.broken
        ],
        "warnings": [
            {"kind": p.kind, "subject": p.subject, "message": p.message} for p in result.warnings
        ],
        "matrix": matrix_cells(spec, result),
        "runs": {
            label: [
                {
                    "verdict": run.verdict,
                    "reason": run.reason,
                    "points": str(run.earned),
                    "outcomes": dict(run.outcomes),
                    "seconds": {check: taken for check, (taken, _) in run.seconds.items()},
                    "spans": {name: taken for name, (taken, _) in run.spans.items()},
                    "errors": dict(run.errors),
                    "misses": dict(run.misses),
                    "peak_bytes": run.peak_bytes,
                    "device": run.device,
                }
                for run in repeated
            ]
            for label, repeated in result.runs.items()
        },
    }
