"""The command `docs`: writes the staff's handbook, or says what of it is stale."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from assignments.errors import AssignmentInvalid
from assignments.handbook import handbook
from assignments.loader import load_assignment

OK, BROKEN = 0, 1


def docs(folders: Sequence[Path], options: argparse.Namespace) -> int:
    """Write the pages of all homeworks; the exit code."""
    try:
        homeworks = {folder.name: (folder, load_assignment(folder)) for folder in folders}
        pages = handbook(homeworks)
    except AssignmentInvalid as error:
        print(error, file=sys.stderr)
        return BROKEN
    target: Path = options.to
    present = {path.name: path.read_text(encoding="utf-8") for path in target.glob("*.md")}
    names = sorted(pages.keys() | present)
    changed = [name for name in names if pages.get(name) != present.get(name)]
    if options.check:
        if changed:
            print(f"{target.name}/ is stale: {', '.join(changed)}", file=sys.stderr)
            print("Run: python -m assignments docs", file=sys.stderr)
        return BROKEN if changed else OK
    target.mkdir(parents=True, exist_ok=True)
    for name in changed:
        if name in pages:
            (target / name).write_text(pages[name], encoding="utf-8")
        else:
            (target / name).unlink()
    print(f"{len(changed)} page(s) changed" if changed else "up to date")
    return OK
