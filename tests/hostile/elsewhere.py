"""The numbers of the hostile list that other tests try, and those that nothing tries yet."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass

from tests.hostile.entries import HERE

ELSEWHERE = HERE / "elsewhere.toml"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """One number of the list, and the tests that show it."""

    number: int
    name: str
    description: str
    expectation: str
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotYet:
    """One number of the list that nothing tries, and why."""

    number: int
    name: str
    reason: str


def read_elsewhere() -> tuple[list[Elsewhere], list[NotYet]]:
    """What is tried, and what is not yet; each in order."""
    table = tomllib.loads(ELSEWHERE.read_text(encoding="utf-8"))
    tried = [Elsewhere(**{**entry, "tests": tuple(entry["tests"])}) for entry in table["entry"]]
    not_yet = [NotYet(**entry) for entry in table.get("not_yet", ())]
    return sorted(tried, key=lambda one: one.number), sorted(not_yet, key=lambda one: one.number)
