"""The hostile list as data: each folder of `submissions/` is one entry with what it must get."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ASSIGNMENT = HERE / "assignment"
ASSIGNMENTS = tuple(sorted(HERE.glob("assignment*")))
SUBMISSIONS = HERE / "submissions"
EXPECTATION = "expect.toml"
HONEST = "00_reference"
SANDBOXES = ("bubblewrap", "docker")
"""Those that every entry is graded in that names no others."""
LEAK = "HOSTILE-LEAK"
"""What an entry with `leaks` writes wherever a student may look, a hidden input behind it."""

_KEYS = {
    "description", "verdict", "points", "max_points", "others", "seconds_max", "flat",
    "with", "outcomes", "homework", "needs", "after", "beside", "leaks",
    "sandboxes",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One submission and its expectation; see the README for the words of `expect.toml`."""

    name: str
    description: str
    seconds_max: float
    verdict: str = "graded"
    points: Decimal | None = None
    max_points: Decimal | None = None
    others: str | None = None
    flat: bool = False
    leaks: bool = False
    needs: str | None = None
    sandboxes: tuple[str, ...] = SANDBOXES
    after: str | None = None
    beside: str | None = None
    homework: str = ASSIGNMENT.name
    outcomes: Mapping[str, str] = field(default_factory=dict)
    borrowed: Mapping[str, str] = field(default_factory=dict)

    @property
    def number(self) -> str:
        """`07` of `07_read_tests_fs`."""
        return self.name.partition("_")[0]

    @property
    def expectation(self) -> str:
        """The verdict and the points, as the README's table says them."""
        if self.verdict == "rejected":
            return self.verdict
        points = f"{self.points}" if self.max_points is None else f"at most {self.max_points}"
        return points if self.verdict == "graded" else f"{points}, or rejected"

    def wanted(self, check: str) -> set[str]:
        """The outcomes that a check may have; none where any will do."""
        words = self.outcomes.get(check, self.others)
        return set(words.split("|")) if words else set()

    def files(self) -> dict[str, bytes]:
        """What is uploaded: the entry's own files and those that it borrows."""
        folder = SUBMISSIONS / self.name
        own = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name != EXPECTATION and path.suffix != ".pyc"
        }
        parts = {name: (SUBMISSIONS / path).read_bytes() for name, path in self.borrowed.items()}
        return {**parts, **own}


def read_entry(folder: Path) -> Entry:
    """One entry. Raises `ValueError` where its expectation leaves something open."""
    table = tomllib.loads((folder / EXPECTATION).read_text())
    unknown = table.keys() - _KEYS
    if unknown:
        raise ValueError(f"{folder.name}: unknown keys {sorted(unknown)}")
    if ("points" in table) == ("max_points" in table):
        raise ValueError(f"{folder.name}: say either points or max_points")
    return Entry(
        name=folder.name,
        description=table["description"],
        seconds_max=float(table["seconds_max"]),
        verdict=table.get("verdict", "graded"),
        points=_points(table, "points"),
        max_points=_points(table, "max_points"),
        others=table.get("others"),
        flat=table.get("flat", False),
        leaks=table.get("leaks", False),
        needs=table.get("needs"),
        sandboxes=tuple(table.get("sandboxes", SANDBOXES)),
        after=table.get("after"),
        beside=table.get("beside"),
        homework=table.get("homework", ASSIGNMENT.name),
        outcomes=table.get("outcomes", {}),
        borrowed=table.get("with", {}),
    )


def read_entries() -> list[Entry]:
    """All entries, in order."""
    folders = [path for path in SUBMISSIONS.iterdir() if path.name[0].isdigit()]
    return [read_entry(folder) for folder in sorted(folders, key=_order)]


def _order(folder: Path) -> tuple[str, str]:
    number, _, name = folder.name.partition("_")
    return number, name


def _points(table: Mapping[str, Any], key: str) -> Decimal | None:
    return Decimal(str(table[key])) if key in table else None
