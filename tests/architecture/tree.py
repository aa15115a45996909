"""The files of this project as git sees them: tracked, or new and not ignored."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("assignments", "runners", "grader", "web")
# Code in a student's manner, and suites: not written by this house's rules.
FOREIGN = (
    "assignments/hw",
    "tests/fixtures/",
    "tests/hostile/assignment/",
    "tests/hostile/assignment_ranks/",
    "tests/hostile/submissions/",
    "tests/hostile/uploads/",
)


@cache
def files() -> tuple[str, ...]:
    """Every file, by path relative to the root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(sorted(name for name in listed.split("\0") if name and (ROOT / name).is_file()))


def modules(*rooms: str) -> list[str]:
    """The Python files of our own, in these rooms or in all of the project."""
    ours = [name for name in files() if name.endswith(".py") and not name.startswith(FOREIGN)]
    return [name for name in ours if not rooms or name.split("/")[0] in rooms]


def read(name: str) -> str:
    """The text of a file."""
    return (ROOT / name).read_text(encoding="utf-8")
