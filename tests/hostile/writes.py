"""What this process writes to the file system, as Python's own audit tells it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_MAKING = {
    "os.mkdir", "os.link", "os.symlink", "os.rename", "os.truncate", "os.chmod", "os.chown",
    "os.remove", "os.rmdir",
}  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

_listening: list[list[str]] = []
_hooked: list[bool] = []


@contextmanager
def watched_writes() -> Iterator[list[str]]:
    """The paths that are opened for writing, made, moved or removed meanwhile, in order."""
    if not _hooked:
        sys.addaudithook(_hear)  # for good: Python has no way to take one off
        _hooked.append(True)
    heard: list[str] = []
    _listening.append(heard)
    try:
        yield heard
    finally:
        _listening.remove(heard)


def _hear(event: str, args: tuple[Any, ...]) -> None:
    if not _listening:
        return
    paths = args[:2] if event in _MAKING else ()
    if event == "open" and args[2] & _WRITING:
        paths = args[:1]
    for heard in _listening:
        heard += [os.fsdecode(path) for path in paths if isinstance(path, (str, bytes))]
