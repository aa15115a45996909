"""The two ways in which this room says no: to an author (`AssignmentInvalid`), to a student."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong with a homework folder: where it is, what it is, what to do about it."""

    path: str
    """The file, relative to the homework's folder; with `:line` where a line is known."""
    field: str
    """The key in a TOML file (`problems[2].points`), else empty."""
    message: str
    remedy: str

    def __str__(self) -> str:
        """Join the parts into one line, as the command line prints it."""
        place = f"{self.path}: {self.field}" if self.field else self.path
        return f"{place}: {self.message} {self.remedy}".rstrip()


class AssignmentInvalid(Exception):  # noqa: N818 - it names a state, and reads well in `except`
    """A homework folder cannot be used; carries every fault that was found, not only the first."""

    def __init__(self, folder: str, faults: Sequence[Fault]) -> None:
        self.folder = folder
        self.faults = tuple(faults)
        lines = "\n".join(f"  {fault}" for fault in self.faults)
        super().__init__(f"{folder} has {len(self.faults)} fault(s):\n{lines}")


class UploadRejected(Exception):  # noqa: N818 - the same
    """An upload cannot be graded; `message` is one sentence, written for the student."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)
