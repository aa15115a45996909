"""Why some mutations are let through: `survivors.toml`, written by people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from assignments.declaration import read_toml
from assignments.errors import AssignmentInvalid, Fault
from assignments.loader import SURVIVORS
from assignments.mutation.edits import Mutation

EQUIVALENT, ALLOWED = "equivalent", "allowed"


@dataclass(frozen=True, slots=True)
class Survivor:
    """One mistake that the suite need not see, named by the line that it changes."""

    file: str
    line: str
    becomes: str
    why: str
    """`equivalent`: no input tells the two programs apart. `allowed`: some do, and may."""
    reason: str


def read_survivors(folder: Path) -> list[Survivor]:
    """Read `survivors.toml`; nothing where there is none. Raises `AssignmentInvalid`."""
    if not (folder / SURVIVORS).is_file():
        return []
    faults: list[Fault] = []
    table = read_toml(folder, SURVIVORS, faults)
    survivors = []
    for entry in table.tables("survivor") if table else ():
        survivors.append(
            Survivor(
                entry.text("file"),
                entry.text("line"),
                entry.text("becomes"),
                entry.choice("why", (EQUIVALENT, ALLOWED)),
                entry.text("reason"),
            )
        )
        entry.finish()
    if table:
        table.finish()
    if faults:
        raise AssignmentInvalid(folder.name, faults)
    return survivors


def explain(
    mutations: Iterable[Mutation], survivors: Iterable[Survivor], solution: Mapping[str, bytes]
) -> dict[Mutation, Survivor]:
    """Find the entry of each mutation that has one."""
    known = {(s.file, s.line, s.becomes): s for s in survivors}
    found = {}
    for mutation in mutations:
        key = (mutation.file, *mutation.lines(solution[mutation.file]))
        if key in known:
            found[mutation] = known[key]
    return found


def entry_text(mutation: Mutation, source: bytes) -> str:
    """An entry for `survivors.toml`, to be completed by hand."""
    line, becomes = mutation.lines(source)
    values = {"file": mutation.file, "line": line, "becomes": becomes, "why": "", "reason": ""}
    rows = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return "\n".join(["[[survivor]]", *rows]) + "\n"
