"""What a homework and a course are, as frozen values: made by `loader` and `course`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import PurePosixPath

DEFAULT_MAX_BYTES = 10_000_000
HOMEWORK = "homework"
"""The weight that homeworks count in. What counts in any other is an exam."""
EXAM_POINTS = Decimal(100)
"""What an exam gives at most where the calendar says nothing else."""


class ProblemKind(StrEnum):
    """Who judges a problem: checks, a comparison with a typed answer, or a person."""

    CODE = "code"
    ANSWER = "answer"
    WRITTEN = "written"


@dataclass(frozen=True, slots=True)
class NotebookSpec:
    """The notebook that may stand in place of the required `.py` files."""

    file: str
    """The handout's notebook; an upload may have any name that ends in `.ipynb`."""
    modules: tuple[str, ...]
    """The modules that the notebook answers to."""


@dataclass(frozen=True, slots=True)
class FilesSpec:
    """Which files an upload must and may hold."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    """Patterns, as in a shell: `*.txt`."""
    max_bytes: int = DEFAULT_MAX_BYTES
    """For the whole upload, unpacked."""
    notebook: NotebookSpec | None = None

    @property
    def required_python(self) -> tuple[str, ...]:
        """The required files for which a notebook may stand in."""
        return tuple(name for name in self.required if name.endswith(".py"))


@dataclass(frozen=True, slots=True)
class LimitsSpec:
    """What one run may use; None leaves it to the runner's default."""

    load_seconds: float | None = None
    check_seconds: float | None = None
    call_seconds: float | None = None
    run_seconds: float | None = None
    memory_mb: int | None = None
    processes: int | None = None
    scratch_mb: int | None = None


class AnswerKind(StrEnum):
    """What a student types."""

    NUMBER = "number"
    EXPRESSION = "expression"
    CHOICE = "choice"
    TABLE = "table"
    MATRIX = "matrix"


@dataclass(frozen=True, slots=True)
class ToleranceSpec:
    """How far an answer may be off."""

    amount: Decimal
    """A fraction of the right value, or a distance from it in base units."""
    relative: bool = True
    text: str = ""
    """As its author wrote it; empty for the usual one."""


@dataclass(frozen=True, slots=True)
class AnswerSpec:
    """One question of a problem of kind `answer`, with the right answer."""

    id: str
    title: str
    text: str
    """The question, in Markdown."""
    kind: AnswerKind
    points: Decimal
    hint: str = ""
    values: tuple[tuple[str, ...], ...] = ()
    """The right answer, row by row; a number or an expression is a table of one cell."""
    tolerance: ToleranceSpec = ToleranceSpec(Decimal("0.000001"))
    variables: Mapping[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    """The variables of expressions, each with the range that two expressions are compared in."""
    options: Mapping[str, str] = field(default_factory=dict)
    """What there is to choose from: Markdown by a short name."""
    right: tuple[str, ...] = ()
    """The options to choose."""
    several: bool = False
    """Whether more than one option may be chosen."""
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    partial: bool = False
    """Whether a table with some right cells earns a share of the points."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of what is typed; a single field is 1 by 1."""
        return len(self.values), len(self.values[0]) if self.values else 0

    @property
    def is_grid(self) -> bool:
        """Whether there is more than one field to fill in."""
        return self.kind in (AnswerKind.TABLE, AnswerKind.MATRIX)


@dataclass(frozen=True, slots=True)
class ProblemSpec:
    """One problem of a homework."""

    id: str
    title: str
    kind: ProblemKind
    points: Decimal
    checks: tuple[str, ...] = ()
    """Check files, relative to `checks/`."""
    provides: tuple[str, ...] = ()
    """The public interface: `module.name`."""
    answers: tuple[AnswerSpec, ...] = ()
    """The questions of a problem of kind `answer`."""


@dataclass(frozen=True, slots=True)
class MutantSpec:
    """A known-wrong submission and what the suite must say about it."""

    name: str
    description: str
    cheat: bool
    fails: tuple[str, ...]
    """The ids of exactly those checks that must not pass."""
    outcomes: Mapping[str, str] = field(default_factory=dict)
    """The outcome of a check in `fails`, where it is another than `failed`."""
    verdict: str = "graded"
    raises: tuple[str, ...] = ()
    """Those of `fails` that end because the mutant raises an exception of its own."""
    hint: str = ""
    """What a TA would say to a student with this very mistake."""


@dataclass(frozen=True, slots=True)
class AssignmentSpec:
    """A homework: its folder's declaration, checked against the folder's files."""

    slug: str
    """The folder's name: `hw1`."""
    title: str
    points: Decimal
    isolation: str
    files: FilesSpec
    limits: LimitsSpec
    attempts_per_day: int | None
    """Graded attempts a student has each day; None for no limit."""
    problems: tuple[ProblemSpec, ...]
    preload: tuple[str, ...] = ()
    """Modules of the course's packages that are imported before a submission comes."""
    gpus: int = 0
    """How many GPUs a run needs to itself."""
    without_gpu: str = "wait"
    """What happens where there is none: the run waits for one, or its checks run on the CPU."""
    mutants: tuple[MutantSpec, ...] = ()
    mutant_hints: bool = False
    """Whether students whose result equals a mutant's read that mutant's hint."""
    digest: str = ""
    """sha256 over all files of the folder: two homeworks with one digest are the same."""
    handout: Mapping[str, str] = field(default_factory=dict)
    """sha256 of each file of `handout/`: tells a file that the student never touched."""

    @property
    def code_problems(self) -> tuple[ProblemSpec, ...]:
        """The problems that the suite judges."""
        return tuple(p for p in self.problems if p.kind is ProblemKind.CODE)

    @property
    def judged_problems(self) -> tuple[ProblemSpec, ...]:
        """The problems that no person needs to grade: by the suite, or by comparison."""
        return tuple(p for p in self.problems if p.kind is not ProblemKind.WRITTEN)

    @property
    def answers(self) -> tuple[AnswerSpec, ...]:
        """All questions whose answers are typed, in order."""
        return tuple(answer for problem in self.problems for answer in problem.answers)


@dataclass(frozen=True, slots=True)
class WeightSpec:
    """One part of the course total: `count` items of `each` per cent."""

    id: str
    title: str
    each: Decimal
    count: int = 1

    @property
    def exams(self) -> tuple[str, ...]:
        """The ids of its exams: its own, or numbered where there are several: `quiz1`, `quiz2`."""
        if self.id == HOMEWORK:
            return ()
        if self.count == 1:
            return (self.id,)
        return tuple(f"{self.id}{number}" for number in range(1, self.count + 1))


@dataclass(frozen=True, slots=True)
class LatePolicySpec:
    """What lateness costs. Rates and floors are fractions of the basis: 0.20 is 20 %."""

    rate: Decimal
    period_hours: int = 24
    grace_minutes: int = 0
    floor: Decimal = Decimal(0)
    cutoff_days: int | None = None
    basis: str = "earned"
    counted: str = "best"
    slip_days: int = 0


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One homework's dates, in the course's zone, or an exam's `date`, perhaps with `points`."""

    id: str
    title: str
    opens: datetime | None = None
    due: datetime | None = None
    date: date | None = None
    points: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ExamSpec:
    """One exam: what counts in the course and is not handed in here."""

    id: str
    title: str
    group: str
    """The id of the weight that it counts in."""
    points: Decimal
    date: date | None
    """None as long as the calendar has no entry for it."""


@dataclass(frozen=True, slots=True)
class CourseSpec:
    """The course: what counts how much, what lateness costs, when things are due."""

    code: str
    title: str
    timezone: str
    weights: tuple[WeightSpec, ...]
    late: LatePolicySpec
    calendar: tuple[CalendarEntry, ...]

    @property
    def exams(self) -> tuple[ExamSpec, ...]:
        """All exams, in the order of the weights."""
        dated = {entry.id: entry for entry in self.calendar}
        return tuple(
            _exam(weight, number, name, dated.get(name))
            for weight in self.weights
            for number, name in enumerate(weight.exams, start=1)
        )


def _exam(weight: WeightSpec, number: int, name: str, entry: CalendarEntry | None) -> ExamSpec:
    title = weight.title if weight.count == 1 else f"{weight.title} {number}"
    return ExamSpec(
        id=name,
        title=entry.title if entry else title,
        group=weight.id,
        points=(entry and entry.points) or EXAM_POINTS,
        date=entry.date if entry else None,
    )


def module_name(path: str) -> str:
    """Name the module that a `.py` file is imported as: `question1.py` is `question1`."""
    return ".".join(PurePosixPath(path).with_suffix("").parts)
