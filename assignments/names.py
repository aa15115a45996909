"""File names out of strangers' archives: which to ignore, which to refuse, how to print one."""

from __future__ import annotations

import re
import unicodedata

from assignments.errors import UploadRejected

MAX_COMPONENT_BYTES = 255
MAX_PATH_BYTES = 1024

# What operating systems and editors leave behind. Nobody wrote it, so nobody is told about it.
_JUNK = frozenset(
    {
        "__MACOSX",
        "__pycache__",
        ".DS_Store",
        ".git",
        ".hypothesis",
        ".idea",
        ".ipynb_checkpoints",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".vscode",
        "Thumbs.db",
        "desktop.ini",
    }
)
# Control, format (bidi overrides, zero width), surrogate, line and paragraph separator: a name
# with one of these shows something else than it is.
_DECEPTIVE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_SHOWN_LENGTH = 80


def is_junk(name: str) -> bool:
    """Whether a path is something that a computer, not a person, put there."""
    parts = name.replace("\\", "/").split("/")
    return any(part in _JUNK or part.startswith("._") for part in parts) or name.endswith(".pyc")


def shown(name: str) -> str:
    """Make a name safe to print: no control characters, no surprises, not too long."""
    safe = "".join(
        char.encode("unicode_escape").decode() if unicodedata.category(char) in _DECEPTIVE else char
        for char in name[: _SHOWN_LENGTH + 1]
    )
    return safe if len(safe) <= _SHOWN_LENGTH else safe[:_SHOWN_LENGTH] + "…"


def checked_name(raw: str, source: str) -> str:
    """Return the plain relative path that a raw name stands for, or refuse the upload.

    Nothing is ever written under such a name; these rules keep it from deceiving a reader or
    whoever downloads the upload later.
    """
    if any(unicodedata.category(char) in _DECEPTIVE for char in raw):
        raise UploadRejected(
            f"{source} holds a file named {shown(raw)!r}, with an invisible or control character "
            "in its name: rename the file and upload again."
        )
    if "\\" in raw:
        raise UploadRejected(
            f"{source} holds the name {shown(raw)!r} with a backslash: pack the files again with "
            "the compress function of your system, or upload the files themselves."
        )
    if raw.startswith("/") or re.match(r"[A-Za-z]:", raw):
        raise UploadRejected(
            f"{source} holds the absolute path {shown(raw)!r}: pack the files again from inside "
            "their folder."
        )
    parts = [part for part in raw.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise UploadRejected(
            f"{source} holds {shown(raw)!r}, a path that leads out of the folder with '..': pack "
            "the files again from inside their folder."
        )
    path = unicodedata.normalize("NFC", "/".join(parts))
    _check_length(path, source)
    return path


def _check_length(path: str, source: str) -> None:
    longest = max((len(part.encode()) for part in path.split("/")), default=0)
    if longest > MAX_COMPONENT_BYTES or len(path.encode()) > MAX_PATH_BYTES:
        raise UploadRejected(
            f"{source} holds a name that is too long, {shown(path)!r}: give the file a name of at "
            f"most {MAX_COMPONENT_BYTES} bytes and upload again."
        )


def normalised(name: str) -> str:
    """Reduce a file name to what people mean by it: `Question1 (1).py` is `question1.py`."""
    stem, dot, suffix = name.rpartition("/")[2].lower().rpartition(".")
    stem = re.sub(r"^copy of ", "", stem if dot else suffix)
    stem = re.sub(r"[ _-]*(\(\d+\)|copy|final|kopie)$", "", stem)
    return re.sub(r"[ _-]+", "", stem) + dot + (suffix if dot else "")
