"""The words of the gate: what one graded run found, and a promise that does not hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

PASSED = "passed"


@dataclass(frozen=True, slots=True)
class GateRun:
    """One graded run, as far as the gate needs to know. Keys are check ids."""

    verdict: str
    reason: str = ""
    outcomes: Mapping[str, str] = field(default_factory=dict)
    points: Mapping[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    """Points earned, and points to earn."""
    problems: Mapping[str, str] = field(default_factory=dict)
    staff_detail: str = ""
    seconds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """What the slowest case of a check took, and what it may take."""
    spans: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """The same of loading and of the whole run."""
    errors: Mapping[str, float] = field(default_factory=dict)
    """The largest error that a check let pass, in tolerances: 1.0 just passes."""
    misses: Mapping[str, float] = field(default_factory=dict)
    """The error for which a check failed, in tolerances; nothing where it failed otherwise."""
    raised: frozenset[str] = frozenset()
    """The checks that ended by an exception of the submission."""
    mistakes: Mapping[str, str] = field(default_factory=dict)
    """What a student reads of a known mistake, by failing check."""
    peak_bytes: int | None = None
    device: str = ""

    @property
    def earned(self) -> Decimal:
        """The points of all checks."""
        return sum((earned for earned, _ in self.points.values()), Decimal(0))

    @property
    def possible(self) -> Decimal:
        """What all checks can give."""
        return sum((possible for _, possible in self.points.values()), Decimal(0))

    @property
    def failing(self) -> set[str]:
        """The checks that did not pass."""
        return {check for check, outcome in self.outcomes.items() if outcome != PASSED}

    def completed(self, reference: GateRun) -> GateRun:
        """Fill in the reference's result for each check that this run was spared."""
        if self.verdict != "graded" or reference.verdict != "graded":
            return self
        return replace(
            self,
            outcomes=dict(reference.outcomes) | dict(self.outcomes),
            points=dict(reference.points) | dict(self.points),
            problems=dict(reference.problems) | dict(self.problems),
        )


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise of the suite that does not hold (or a warning), and what to do about it."""

    kind: str
    """One word for programs: reference, handout, mutant, points, flaky, suite, lint, ..."""
    subject: str
    message: str

    def __str__(self) -> str:
        """Write the subject and the message, as the command line prints them."""
        return f"{self.subject}: {self.message}"


Runs = dict[str, list[GateRun]]
