"""Names that people chose, made fit for a path in an archive on any system."""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 120
"""Bytes of one part of a path: several together stay below what Windows takes."""
_FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
"""Devices of Windows, which no ending makes a file."""
_DECEPTIVE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def safe_part(text: str) -> str:
    """One part of a path: letters of all scripts stay, what a system could obey goes."""
    plain = unicodedata.normalize("NFC", text)
    plain = "".join(char for char in plain if unicodedata.category(char) not in _DECEPTIVE)
    plain = _FORBIDDEN.sub("_", plain).strip().rstrip(". ")
    if not plain.strip("."):
        plain = "_"
    if _RESERVED.fullmatch(plain):
        plain = f"_{plain}"
    return _shortened(plain)


def safe_path(name: str) -> str:
    """A relative path that stays where it is put, whatever the name says."""
    parts = [part for part in name.replace("\\", "/").split("/") if part]
    return "/".join(map(safe_part, parts)) or "_"


class Taken:
    """The names that an archive holds: a second one that a disk takes for the same gets a number.

    Disks of Windows and macOS do not tell capital letters from small ones.
    """

    def __init__(self) -> None:
        self._known: set[str] = set()

    def new(self, path: str) -> str:
        """The path itself, or the nearest one that is free."""
        stem, dot, ending = path.rpartition(".")
        if not dot or "/" in ending:
            stem, dot, ending = path, "", ""
        free, number = path, 1
        while free.casefold() in self._known:
            number += 1
            free = f"{stem} ({number}){dot}{ending}"
        self._known.add(free.casefold())
        return free


def _shortened(part: str) -> str:
    """Cut to length between characters; the ending, by which a system opens it, stays."""
    if len(part.encode()) <= _LONGEST:
        return part
    stem, dot, ending = part.rpartition(".")
    if not dot or len(ending.encode()) > _LONGEST // 4:
        stem, dot, ending = part, "", ""
    room = _LONGEST - len((dot + ending).encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + dot + ending
