"""Puts the writable folders back to how loading left them, so that no file tells the next check."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

_SMALL = 4 * 1024 * 1024
_MOST_FOLDERS = 100_000  # more than fit: a thread of the submission may be making new ones


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
        """Without recursion: how deep folders lie in folders is the submission's choice."""
        waiting = [entry]
        while waiting:
            found = waiting.pop()
            with contextlib.suppress(OSError):
                if not found.is_dir(follow_symlinks=False):
                    kept = self._kept.get(found.path)
                    if kept is None or kept[0] != found.stat(follow_symlinks=False).st_ctime_ns:
                        os.unlink(found.path)  # noqa: PTH108 - never follow what a student made
                elif any(path.startswith(found.path + "/") for path in self._kept):
                    waiting += os.scandir(found.path)
                else:
                    _remove(found.path)

    def _files(self) -> list[str]:
        found: list[str] = []
        waiting = [str(folder) for folder in self._folders]
        while waiting:
            with contextlib.suppress(OSError):
                for entry in os.scandir(waiting.pop()):
                    (waiting if entry.is_dir(follow_symlinks=False) else found).append(entry.path)
        return found


def _remove(path: str) -> None:
    """Remove a folder and all below, however deep and whatever its rights.

    Inner folders are moved beside it first, so that no path grows long and few files are open.
    """
    outer, name = os.path.split(path)
    top = os.open(outer, os.O_RDONLY | os.O_DIRECTORY)
    try:
        waiting, left = [name], _MOST_FOLDERS
        while waiting and left:
            name, left = waiting.pop(), left - 1
            os.chmod(name, 0o700, dir_fd=top)
            here = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=top)
            try:
                waiting += _emptied(here, top)
            finally:
                os.close(here)
            os.rmdir(name, dir_fd=top)
    finally:
        os.close(top)


def _emptied(here: int, top: int) -> list[str]:
    """Remove a folder's files and move its folders into `top`; their new names."""
    moved = []
    for entry in list(os.scandir(here)):
        if entry.is_dir(follow_symlinks=False):
            os.chmod(entry.name, 0o700, dir_fd=here)
            moved.append(secrets.token_hex(16))
            os.rename(entry.name, moved[-1], src_dir_fd=here, dst_dir_fd=top)
        else:
            os.unlink(entry.name, dir_fd=here)
    return moved


def _content(path: str) -> bytes | None:
    info = os.lstat(path)
    if not os.path.isfile(path) or os.path.islink(path) or info.st_size > _SMALL:  # noqa: PTH113, PTH114
        return None
    return Path(path).read_bytes()
