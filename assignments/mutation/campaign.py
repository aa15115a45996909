"""Grades mutations by the hidden suite: which are seen, which go through, and what that makes."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assignments.gate import FAULTS, Grade
from assignments.loader import read_suite, solution_files
from assignments.mutation.candidates import candidates
from assignments.mutation.edits import Mutation
from assignments.mutation.survivors import EQUIVALENT, Survivor, explain
from assignments.proof import GateRun
from assignments.related import Reach
from assignments.side_by_side import Progress, side_by_side
from assignments.spec import AssignmentSpec
from assignments.triage import TriagedUpload, triage


class CampaignBroken(Exception):  # noqa: N818 - it names a state, as `AssignmentInvalid` does
    """Nothing can be said of mutations: the solution or the sandbox fails by itself."""


@dataclass(frozen=True, slots=True)
class Judged:
    """How one mutation fared."""

    mutation: Mutation
    killed: bool
    by: str = ""
    """The check that failed first, and how it ended."""
    by_time: bool = False


@dataclass(frozen=True, slots=True)
class Campaign:
    """What came of a run over mutations."""

    judged: tuple[Judged, ...]
    explained: Mapping[Mutation, Survivor] = field(default_factory=dict)
    stale: tuple[Survivor, ...] = ()
    """Entries that explain no mutation, or one that the suite sees."""

    @property
    def killed(self) -> list[Judged]:
        """What the hidden suite sees."""
        return [one for one in self.judged if one.killed]

    def survivors(self, why: str = "") -> list[Judged]:
        """What goes through, for a reason that `survivors.toml` gives, or without one."""
        return [
            one
            for one in self.judged
            if not one.killed
            and (self.explained[one.mutation].why if one.mutation in self.explained else "") == why
        ]

    @property
    def share(self) -> float:
        """The share of killed mutations, in per cent; of those that are other programs."""
        other = len(self.judged) - len(self.survivors(EQUIVALENT))
        return 100 * len(self.killed) / other if other else 100.0


def chosen(mutations: Sequence[Mutation], sample: int | None, seed: int) -> list[Mutation]:
    """A part of all mutations, by a seed, in their order."""
    if sample is None or sample >= len(mutations):
        return list(mutations)
    picked = random.Random(seed).sample(range(len(mutations)), sample)  # noqa: S311 - no secret
    return [mutations[index] for index in sorted(picked)]


class Examiner:
    """Grades changed solutions by the hidden checks that their changes can reach."""

    def __init__(self, folder: Path, spec: AssignmentSpec, grade: Grade) -> None:
        self._spec = spec
        self._grade = grade
        self.solution = solution_files(folder, spec)
        self._reach = Reach(spec, read_suite(folder, spec), self.solution)
        self._hidden = frozenset(c for c in self._reach.checks if c.startswith("hidden/"))

    def reference(self) -> GateRun:
        """The solution as it is, which must pass. Raises `CampaignBroken`."""
        run = self._grade("solution", triage(self.solution, self._spec), self._hidden)
        if run.verdict != "graded" or run.failing:
            detail = run.staff_detail or run.reason
            raise CampaignBroken(f"the solution itself does not pass the hidden suite:\n{detail}")
        return run

    def judge(
        self, mutations: Sequence[Mutation], jobs: int, tell: Progress | None = None
    ) -> list[Judged]:
        """Grade each mutation. Raises `CampaignBroken` after a fault."""
        # Planned here and not by the threads: Python 3.11 parses in one thread at a time only.
        plan = [(mutation, *self._planned(mutation)) for mutation in mutations]
        found = side_by_side(
            plan,
            lambda planned: self._run(*planned),
            jobs,
            name=lambda planned: planned[0].id,
            is_last=lambda run: run.verdict in FAULTS,
            tell=tell,
        )
        for (mutation, *_), run in found:
            if run.verdict in FAULTS:
                raise CampaignBroken(f"{mutation.id}: {run.verdict}: {run.staff_detail}")
        return [_judged(mutation, run) for (mutation, *_), run in found]

    def _planned(self, mutation: Mutation) -> tuple[TriagedUpload, frozenset[str]]:
        changed = {mutation.file: mutation.apply(self.solution[mutation.file])}
        checks = self._reach.checks_of(self.solution | changed) & self._hidden
        return triage(self.solution | changed, self._spec), checks

    def _run(self, mutation: Mutation, upload: TriagedUpload, checks: frozenset[str]) -> GateRun:
        return self._grade(mutation.id, upload, checks) if checks else GateRun("graded")


def _judged(mutation: Mutation, run: GateRun) -> Judged:
    if run.verdict != "graded":
        return Judged(mutation, killed=True, by=run.verdict)
    # What was not run any more says nothing, unless it is all that there is to say.
    failing = sorted(run.failing, key=lambda check: (run.outcomes[check] == "not_run", check))
    if not failing:
        return Judged(mutation, killed=False)
    end = run.outcomes[failing[0]]
    return Judged(mutation, killed=True, by=f"{failing[0]} ({end})", by_time=end == "timeout")


def concluded(
    judged: Sequence[Judged],
    survivors: Sequence[Survivor],
    solution: Mapping[str, bytes],
) -> Campaign:
    """Put results and explanations together."""
    explained = explain(candidates(solution), survivors, solution)
    seen = {explained[one.mutation] for one in judged if one.killed and one.mutation in explained}
    used = set(explained.values())
    return Campaign(
        tuple(judged),
        explained,
        tuple(entry for entry in survivors if entry not in used or entry in seen),
    )
