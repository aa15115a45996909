"""The uploads of the hostile list: archives, notebooks, Python files, texts and names.

Each folder of `uploads/` is one upload with what it must get. Its files lie beside `expect.toml`,
are borrowed from `submissions/`, or are made by `crafted.py`, where git could not hold them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from tests.hostile.crafted import CRAFTED
from tests.hostile.entries import EXPECTATION, HERE, SUBMISSIONS

UPLOADS = HERE / "uploads"

_KEYS = {
    "description", "refused", "verdict", "points", "reason", "notice", "outcomes", "others",
    "seconds_max", "memory_mb", "page", "person", "docker", "tests", "with",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class UploadEntry:
    """One upload and its expectation; see the README for the words of `expect.toml`."""

    name: str
    description: str
    refused: str = ""
    verdict: str = "graded"
    points: Decimal = Decimal(0)
    reason: str = ""
    notice: str = ""
    outcomes: Mapping[str, str] = field(default_factory=dict)
    others: str = ""
    seconds_max: float = 30
    memory_mb: float = 24
    page: bool = True
    person: str = "Ada"
    docker: bool = False
    tests: tuple[str, ...] = ()
    borrowed: Mapping[str, str] = field(default_factory=dict)

    @property
    def number(self) -> str:
        """`85` of `85_zip_bomb`."""
        return self.name.partition("_")[0]

    @property
    def expectation(self) -> str:
        """What it must get, as the pages say it."""
        if self.refused:
            return "refused"
        return f"{self.points}" if self.verdict == "graded" else self.verdict

    def wanted(self, check: str) -> set[str]:
        """The outcomes that a check may have; none where any will do."""
        words = self.outcomes.get(check, self.others)
        return set(words.split("|")) if words else set()

    def files(self) -> dict[str, bytes]:
        """What is uploaded."""
        folder = UPLOADS / self.name
        own = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name != EXPECTATION
        }
        parts = {name: (SUBMISSIONS / path).read_bytes() for name, path in self.borrowed.items()}
        made = CRAFTED[self.name]() if self.name in CRAFTED else {}
        return {**parts, **own, **made}


def read_upload_entry(folder: Path) -> UploadEntry:
    """One entry. Raises `ValueError` where its expectation leaves something open."""
    table = tomllib.loads((folder / EXPECTATION).read_text())
    unknown = table.keys() - _KEYS
    if unknown:
        raise ValueError(f"{folder.name}: unknown keys {sorted(unknown)}")
    rejected = table.get("verdict") == "rejected"
    if ("refused" in table) + rejected + ("points" in table) != 1:
        raise ValueError(f"{folder.name}: say one of refused, points and verdict = 'rejected'")
    if rejected != ("reason" in table):
        raise ValueError(f"{folder.name}: a rejection has a reason, and nothing else has")
    fields = {key: value for key, value in table.items() if key not in ("with", "points", "tests")}
    return UploadEntry(
        name=folder.name,
        points=Decimal(str(table.get("points", 0))),
        tests=tuple(table.get("tests", ())),
        borrowed=table.get("with", {}),
        **fields,
    )


def read_upload_entries() -> list[UploadEntry]:
    """All entries, in order."""
    folders = [path for path in UPLOADS.iterdir() if path.name[0].isdigit()]
    return sorted(map(read_upload_entry, folders), key=_order)


def _order(entry: UploadEntry) -> tuple[int, str]:
    return int(entry.number.rstrip("abcdefgh")), entry.name
