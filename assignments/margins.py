"""How near a suite's results are to tipping over: run time beside limits, errors beside tolerances.

A result that hangs by a hair was right on this machine, with these seeds. In a class of hundreds
somebody meets another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from assignments.proof import GateRun, Promise, Runs

TIME_SHARE = 0.5
"""The reference may take so much of a limit, and no more."""
BREAKS, WARNS = 2.0, 10.0
"""An error must stay away from the tolerance by the first factor, and should by the second."""


def time_promises(label: str, runs: list[GateRun]) -> list[Promise]:
    """Check that the reference needs at most half of each limit, in its slowest run."""
    slowest: dict[str, tuple[float, float]] = {}
    for run in runs:
        for subject, (taken, limit) in {**run.spans, **run.seconds}.items():
            slowest[subject] = max((taken, limit), slowest.get(subject, (0.0, limit)))
    return [
        Promise(
            "time",
            f"{label}, {subject}",
            f"takes {taken:.1f} of the {limit:g} seconds that it may, more than half: a slower "
            "machine would fail it. Make it quicker or raise the limit.",
        )
        for subject, (taken, limit) in slowest.items()
        if taken > limit * TIME_SHARE
    ]


def error_promises(reference: list[GateRun], mutants: Runs) -> tuple[list[Promise], list[Promise]]:
    """Check that tolerances keep clear of the reference's errors and the mutants': broken, warned.

    Only comparisons by `assert_tensor` are measured. A check that a mutant fails for its shape, or
    by an exception, has no error to measure and needs no margin.
    """
    broken: list[Promise] = []
    warnings: list[Promise] = []
    for check, error in _largest(run.errors for run in reference).items():
        text = (
            f"the reference's largest error is {error:.2g} of the tolerance. Compute the expected "
            "value more exactly (in float64?) or widen the tolerance"
        )
        _sort(check, text, error, broken, warnings)
    nearest: dict[str, tuple[float, str]] = {}
    for label, runs in mutants.items():
        for run in runs:
            for check, miss in run.misses.items():
                nearest[check] = min((miss, label), nearest.get(check, (miss, label)))
    for check, (miss, label) in nearest.items():
        text = (
            f"{label} misses by only {miss:.2g} tolerances. Give inputs that show the mistake "
            "more, or narrow the tolerance"
        )
        _sort(check, text, 1 / miss, broken, warnings)
    return broken, warnings


def _largest(found: Iterable[Mapping[str, float]]) -> dict[str, float]:
    largest: dict[str, float] = {}
    for errors in found:
        for check, error in errors.items():
            largest[check] = max(error, largest.get(check, 0.0))
    return largest


def _sort(
    check: str, text: str, share: float, broken: list[Promise], warnings: list[Promise]
) -> None:
    """Keep a margin as a broken promise, as a warning or not at all; `share` 1 has none left."""
    if share > 1 / BREAKS:
        broken.append(Promise("margin", check, f"{text}: less than {BREAKS:g} times away."))
    elif share > 1 / WARNS:
        warnings.append(Promise("margin", check, f"{text}: less than {WARNS:g} times away."))
