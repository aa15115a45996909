"""What the last run over all mutations found: `mutation.toml`, written by the command alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assignments.declaration import read_toml
from assignments.errors import AssignmentInvalid, Fault
from assignments.loader import MUTATION, content_digest, read_suite, solution_files
from assignments.mutation.campaign import Campaign
from assignments.mutation.candidates import candidates
from assignments.mutation.survivors import ALLOWED, EQUIVALENT
from assignments.spec import AssignmentSpec

_HEAD = "# Written by `python -m assignments mutate {slug} --record`; never edit it by hand.\n"


@dataclass(frozen=True, slots=True)
class Record:
    """The figures of a whole run, and what they were found with."""

    solution: str
    suite: str
    mutations: int
    killed: int
    by_time: int
    equivalent: int
    allowed: int
    survivors: tuple[str, ...]

    @property
    def share(self) -> float:
        """The share of killed mutations, in per cent; of those that are other programs."""
        other = self.mutations - self.equivalent
        return 100 * self.killed / other if other else 100.0


def digests(folder: Path, spec: AssignmentSpec) -> tuple[str, str]:
    """What a record holds for: the solution, and the hidden part of the suite."""
    hidden = {n: d for n, d in read_suite(folder, spec).items() if not n.startswith("public/")}
    return content_digest(solution_files(folder, spec)), content_digest(hidden)


def write_record(folder: Path, spec: AssignmentSpec, campaign: Campaign) -> None:
    """Write down a whole run."""
    solution, suite = digests(folder, spec)
    values: Mapping[str, object] = {
        "solution": solution,
        "suite": suite,
        "mutations": len(campaign.judged),
        "killed": len(campaign.killed),
        "by_time": sum(one.by_time for one in campaign.judged),
        "equivalent": len(campaign.survivors(EQUIVALENT)),
        "allowed": len(campaign.survivors(ALLOWED)),
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    rows = [f"    {json.dumps(one.mutation.id)}," for one in campaign.survivors()]
    lines.append("\n".join(["survivors = [", *rows, "]"]) if rows else "survivors = []")
    text = _HEAD.format(slug=spec.slug) + "\n".join(lines) + "\n"
    (folder / MUTATION).write_text(text, encoding="utf-8")


def read_record(folder: Path) -> Record | None:
    """Read the last record; None where there is none. Raises `AssignmentInvalid`."""
    if not (folder / MUTATION).is_file():
        return None
    faults: list[Fault] = []
    table = read_toml(folder, MUTATION, faults)
    if table is None:
        raise AssignmentInvalid(folder.name, faults)
    counts = {
        key: table.integer(key, 0, least=0) or 0
        for key in ("mutations", "killed", "by_time", "equivalent", "allowed")
    }
    record = Record(
        solution=table.text("solution"),
        suite=table.text("suite"),
        survivors=table.texts("survivors"),
        **counts,
    )
    table.finish()
    if faults:
        raise AssignmentInvalid(folder.name, faults)
    return record


def is_stale(folder: Path, spec: AssignmentSpec, record: Record) -> bool:
    """Whether solution, suite or operators have changed since."""
    if (record.solution, record.suite) != digests(folder, spec):
        return True
    return len(candidates(solution_files(folder, spec))) != record.mutations
