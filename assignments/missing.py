"""What to say to a student whose upload lacks a file: its name, and which file was meant."""

from __future__ import annotations

import difflib

from assignments.errors import UploadRejected
from assignments.names import normalised, shown
from assignments.spec import FilesSpec

_NEAR = 0.8


def missing_files(missing: list[str], present: list[str], files: FilesSpec) -> UploadRejected:
    """Make the refusal: every missing file, each with the present one that may be meant by it."""
    free = [name for name in present if name not in files.required]
    parts = [f"{name}{_advice(name, free)}" for name in missing]
    also = (
        f" or one notebook ({files.notebook.file}) in place of the .py files"
        if files.notebook is not None and any(name.endswith(".py") for name in missing)
        else ""
    )
    verb = "is" if len(missing) == 1 else "are"
    return UploadRejected(
        f"{'; '.join(parts)} {verb} missing: upload all of {', '.join(files.required)}{also}."
    )


def _advice(wanted: str, present: list[str]) -> str:
    base = wanted.rpartition("/")[2]
    for name in present:
        if name.rpartition("/")[2] == base:
            return f" (move {shown(name)} out of its folder)"
    for name in present:
        if normalised(name) == normalised(wanted):
            return f" (rename {shown(name)} to {wanted})"
    near = difflib.get_close_matches(wanted, present, n=1, cutoff=_NEAR)
    return f" (did you mean {shown(near[0])}? Rename it to {wanted})" if near else ""
