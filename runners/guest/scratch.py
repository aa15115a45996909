"""Puts the writable folders back to how loading left them, so that no file tells the next check."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

_SMALL = 4 * 1024 * 1024


class Scratch:
    """The folders that student code may write to."""

    def __init__(self, folders: list[Path]) -> None:
        self._folders = [folder for folder in folders if folder.is_dir()]
        self._kept: dict[str, tuple[int, bytes | None]] = {}

    def remember(self) -> None:
        """Take the present state as the one to go back to."""
        self._kept = {}
        for path in self._files():
            with contextlib.suppress(OSError):
                self._kept[path] = (os.lstat(path).st_ctime_ns, _content(path))

    def empty(self) -> None:
        """Remove everything, for the next submission."""
        self._kept = {}
        self.restore()

    def restore(self) -> None:
        """Remove what is new and rewrite what was changed."""
        for folder in self._folders:
            for entry in os.scandir(folder):
                self._restore(entry)
        for path, (_, content) in self._kept.items():
            if content is not None and not os.path.lexists(path):
                with contextlib.suppress(OSError):
                    Path(path).parent.mkdir(parents=True, exist_ok=True)
                    Path(path).write_bytes(content)
                    self._kept[path] = (os.lstat(path).st_ctime_ns, content)

    def _restore(self, entry: os.DirEntry[str]) -> None:
        with contextlib.suppress(OSError):
            if entry.is_dir(follow_symlinks=False):
                if any(path.startswith(entry.path + "/") for path in self._kept):
                    for inner in os.scandir(entry.path):
                        self._restore(inner)
                else:
                    shutil.rmtree(entry.path, ignore_errors=True)
                return
            kept = self._kept.get(entry.path)
            if kept is None or kept[0] != entry.stat(follow_symlinks=False).st_ctime_ns:
                os.unlink(entry.path)  # noqa: PTH108 - never follow what a student made

    def _files(self) -> list[str]:
        found = []
        for folder in self._folders:
            for parent, _, names in os.walk(folder):
                found += [os.path.join(parent, name) for name in names]  # noqa: PTH118
        return found


def _content(path: str) -> bytes | None:
    info = os.lstat(path)
    if not os.path.isfile(path) or os.path.islink(path) or info.st_size > _SMALL:  # noqa: PTH113, PTH114
        return None
    return Path(path).read_bytes()
