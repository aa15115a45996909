"""What goes into a run and what comes out: frozen values, nothing else crosses this room's border.

A caller (the command line, a worker) builds a `RunRequest` that is complete: no part of
`runners` looks into a homework folder, a database or a setting. It gets a `RunReport` back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

ANSWER = "answers::"
"""What the id of a typed answer begins with, where it stands beside the checks."""


class Isolation(StrEnum):
    """How the hidden suite and the student's code are kept apart."""

    SPLIT = "split"
    """Two sandboxes. The default, and the only one whose grades cannot be forged."""
    SHARED = "shared"
    """One process, for imported suites that need it. Forgeable, and reported as such."""


class WithoutGpu(StrEnum):
    """What a run that asks for a GPU does where there is none."""

    WAIT = "wait"
    """It is not run here: a fault of the host, so that it is tried elsewhere or later."""
    CPU = "cpu"
    """Its `gpu` checks run on the CPU, and the report says so."""


class Outcome(StrEnum):
    """How one check ended."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    CRASHED = "crashed"
    NOT_RUN = "not_run"


class Visibility(StrEnum):
    """Who sees a check's details, in Gradescope's words."""

    VISIBLE = "visible"
    HIDDEN = "hidden"
    AFTER_DUE_DATE = "after_due_date"
    AFTER_PUBLISHED = "after_published"


class Verdict(StrEnum):
    """How a whole run ended, by whose doing."""

    GRADED = "graded"
    REJECTED = "rejected"
    """The submission cannot be loaded or breaks the rules; the student is told why."""
    ASSIGNMENT_FAULT = "assignment_fault"
    """The suite is broken: staff are alerted and nobody is scored."""
    SYSTEM_FAULT = "system_fault"
    """Ours: the run is repeated and nobody is scored."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use. Seconds are wall clock, measured on the trusted side."""

    load_seconds: float = 20.0
    """For each module (or notebook cell) of the submission."""
    check_seconds: float = 30.0
    """For each check that names no timeout of its own."""
    call_seconds: float = 30.0
    """For each call of a check into the submission."""
    run_seconds: float = 300.0
    memory_bytes: int = 2 * 1024**3
    processes: int = 128
    scratch_bytes: int = 64 * 1024**2
    cpus: float = 1.0
    frame_bytes: int = 64 * 1024**2
    """The largest message that judge and guest may exchange."""
    output_bytes: int = 16 * 1024
    """How much of a check's standard output is kept."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """One whole GPU of a host."""

    uuid: str
    name: str
    driver: str
    file: str = ""
    """Its device file, such as `/dev/nvidia0`; empty where the host does not tell."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One piece of source: a notebook's code cell, or a whole `.py` file (`number` is None)."""

    source: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Module:
    """A submission's file as a Python module.

    `names` are the modules that it answers to: a notebook may stand for several.
    """

    names: tuple[str, ...]
    origin: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Submission:
    """Student code, triaged: sources as text and other files as bytes, by relative path."""

    modules: tuple[Module, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem of the homework: which suite files judge it, what the submission must define."""

    id: str
    title: str
    points: Decimal
    checks: tuple[str, ...]
    """Paths of suite files, relative to the suite's root (`hidden/test_question1.py`)."""
    provides: Mapping[str, str] = field(default_factory=dict)
    """`module.name` to the handout's signature (`(x, w)`), or to "" where any will do."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake that is known by the checks that it fails, and what to say to its author."""

    fails: Mapping[str, str]
    """The outcome of each check that does not pass; "" for a plain failure."""
    raises: frozenset[str] = frozenset()
    """Those of them that end because the submission raises an exception."""
    hint: str = ""
    """Empty where nothing is to be said; it then keeps others that look the same from speaking."""


@dataclass(frozen=True, slots=True)
class Suite:
    """The checks: files by path relative to the suite's root, and the problems that they judge."""

    files: Mapping[str, bytes]
    problems: tuple[Problem, ...]
    mistakes: tuple[Mistake, ...] = ()
    """Known mistakes; none where the homework does not want them explained."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """Everything that a run needs."""

    job: str
    submission: Submission
    suite: Suite
    seed: int
    """The secret seed of this run: 64 bits, fresh for each, recorded in the receipt."""
    limits: Limits = field(default_factory=Limits)
    isolation: Isolation = Isolation.SPLIT
    preload: tuple[str, ...] = ()
    """Modules of installed packages that are imported ahead, in judge and guest."""
    gpus: int = 0
    """How many GPUs the run gets to itself, for its checks marked `gpu`."""
    without_gpu: WithoutGpu = WithoutGpu.WAIT
    judged: tuple[CheckResult, ...] = ()
    """Results known without a run, such as those of typed answers; they join the report."""
    own: bool = False
    """Whether the submission is the course's own and no student's: its guest, emptied, may then
    serve the next one of these, for most of what a small run costs is the guest's start."""
    only: frozenset[str] = frozenset()
    """The ids of the checks to run; empty for all of the suite."""
    stop_at_failure: bool = False
    """Whether no check is run after one that did not pass: to ask only if all of them do."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check's result. `message`, `output` and `traceback` are for staff unless visible."""

    id: str
    title: str
    problem: str
    max_points: Decimal
    points: Decimal
    outcome: Outcome
    visibility: Visibility
    hint: str = ""
    message: str = ""
    output: str = ""
    traceback: str = ""
    seconds: float = 0.0
    slowest_seconds: float = 0.0
    """What the longest of its cases took."""
    limit_seconds: float = 0.0
    """What each of its cases may take."""
    raised: bool = False
    """Whether an exception of the submission ended it."""
    mistake: str = ""
    """What a known mistake, which fails exactly these checks, says to its author."""
    error: float | None = None
    """The largest error of a comparison of tensors that passed, in tolerances: 1.0 just passes.
    Like `miss` for staff alone, for it says how a hidden input was missed."""
    miss: float | None = None
    """The error of the comparison that failed the check, in tolerances; None if something else."""

    @property
    def is_answer(self) -> bool:
        """Whether this is a typed answer, judged without a run; `output` is what was typed."""
        return self.id.startswith(ANSWER)


@dataclass(frozen=True, slots=True)
class Resources:
    """What the run used: seconds and bytes."""

    wall_seconds: float = 0.0
    phases: Mapping[str, float] = field(default_factory=dict)
    guest_cpu_seconds: float | None = None
    guest_peak_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run found. Points count only if `verdict` is `graded`."""

    verdict: Verdict
    reason: str = ""
    """For the student when rejected; else empty."""
    staff_detail: str = ""
    checks: tuple[CheckResult, ...] = ()
    notices: tuple[str, ...] = ()
    """Sentences for the student about the submission as a whole, made before any check ran."""
    leaderboard: tuple[Mapping[str, Any], ...] = ()
    resources: Resources = field(default_factory=Resources)
    receipt: Mapping[str, Any] = field(default_factory=dict)

    @property
    def points(self) -> Decimal:
        """The sum of the checks' points."""
        return sum((check.points for check in self.checks), Decimal(0))

    @property
    def max_points(self) -> Decimal:
        """The sum of what the checks can give."""
        return sum((check.max_points for check in self.checks), Decimal(0))
