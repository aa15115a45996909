"""The demo's folder: its own, never that of a site or of a developer's other work."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

_MARK = "made-by-the-demo"
_BROKER = "broker"
# What a demo takes over from the environment; everything else could lead it to real data.
_KEPT = ("SANDGLASS_SANDBOX", "SANDGLASS_ALLOW_PROCESS")


class FolderTaken(RuntimeError):  # noqa: N818 - what happened, not which code
    """The folder holds something else than a demo."""


def prepare(folder: Path) -> None:
    """Make the folder the demo's own. `FolderTaken` where it holds other data."""
    mark = folder / _MARK
    if (folder / "sandglass.sqlite3").exists() and not mark.exists():
        raise FolderTaken(
            f"{folder} holds the data of another set-up, and the demo would add its people to it:"
            " name another folder with --folder."
        )
    folder.mkdir(parents=True, exist_ok=True)
    mark.touch()


def empty(folder: Path) -> None:
    """Forget everything in the demo's folder but its broker, which runs."""
    for path in folder.iterdir():
        if path.name in (_MARK, _BROKER):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    (folder / "incoming").mkdir()


def environment(folder: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """The variables under which all of the demo runs: nothing leads out of its folder."""
    kept = {
        name: value
        for name, value in inherited.items()
        if not name.startswith("SANDGLASS_") or name in _KEPT
    }
    return kept | {"SANDGLASS_DATA": str(folder)}
