"""The handout, built from the master: what a student downloads, without the solution.

Reads a homework folder, writes its `handout/` and nothing else. The same master gives the same
bytes, so that a stale handout can be told from a fresh one.
"""

from __future__ import annotations

import ast
import shutil
from collections.abc import Mapping
from pathlib import Path

from assignments.answers import ANSWERS_FILE
from assignments.answers.asking import template
from assignments.answers.typed import Given, right_answers
from assignments.definitions import top_level
from assignments.errors import AssignmentInvalid, Fault
from assignments.handout_notebook import namespace_faults, notebook_bytes
from assignments.loader import read_folder
from assignments.regions import without_markers, without_solution
from assignments.spec import AssignmentSpec

STATEMENT = "statement.md"
CONFTEST = Path(__file__).with_name("handout_conftest.py")
RANKS = Path(__file__).with_name("handout_ranks")
_CONFTEST_MODULES = "MODULES: tuple[str, ...] = ()"


def build_handout(folder: Path, spec: AssignmentSpec) -> dict[str, bytes]:
    """Make the handout's files in memory, or raise `AssignmentInvalid` with every fault."""
    faults: list[Fault] = []
    master = read_folder(folder / "solution")
    built = {name: _stripped(name, data, faults) for name, data in master.items()}
    faults += _shared_namespace_faults(spec, master)
    public = read_folder(folder / "checks" / "public")
    if "conftest.py" in public:
        message = "would be replaced in the handout by the conftest.py that is shipped."
        remedy = "Put its fixtures into the check files."
        faults.append(Fault("checks/public/conftest.py", "", message, remedy))
    if faults:
        raise AssignmentInvalid(spec.slug, sorted(faults))
    statement = _statement(folder)
    if statement:
        built[STATEMENT] = statement
    if spec.answers:
        built[ANSWERS_FILE] = template(spec).encode()
    if spec.files.notebook is not None:
        built[spec.files.notebook.file] = _notebook(spec, built, statement, {})
    built |= {f"checks/{name}": data for name, data in public.items()}
    built["checks/conftest.py"] = _conftest(spec)
    if any(b"mark.ranks" in data for data in public.values()):
        shipped = {path.name: path.read_bytes() for path in RANKS.glob("*.py")}
        built |= {f"checks/{RANKS.name}/{name}": data for name, data in shipped.items()}
    return built


def stale_files(folder: Path, spec: AssignmentSpec) -> list[str]:
    """Name the handout's files that differ from what the master gives now."""
    wanted, present = build_handout(folder, spec), read_folder(folder / "handout")
    names = sorted(wanted.keys() | present.keys())
    return [name for name in names if wanted.get(name) != present.get(name)]


def write_handout(folder: Path, spec: AssignmentSpec) -> list[str]:
    """Bring `handout/` up to date; name the files that changed."""
    wanted = build_handout(folder, spec)
    changed = stale_files(folder, spec)
    handout = folder / "handout"
    if changed:
        shutil.rmtree(handout, ignore_errors=True)
        for name, data in wanted.items():
            path = handout / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    return changed


def solution_notebook(folder: Path, spec: AssignmentSpec) -> bytes:
    """Make the notebook with the solution in it; the spec must have a notebook."""
    master = read_folder(folder / "solution")
    faults = _shared_namespace_faults(spec, master)
    if faults:
        raise AssignmentInvalid(spec.slug, sorted(faults))
    solved = {
        name: without_markers(data.decode()).encode()
        for name, data in master.items()
        if name.endswith(".py")
    }
    return _notebook(spec, solved, _statement(folder), right_answers(spec))


def _stripped(name: str, data: bytes, faults: list[Fault]) -> bytes:
    if not name.endswith(".py"):
        return data
    return without_solution(f"solution/{name}", data.decode(), faults).encode()


def _statement(folder: Path) -> bytes:
    path = folder / STATEMENT
    return path.read_bytes() if path.is_file() else b""


def _notebook(
    spec: AssignmentSpec,
    files: Mapping[str, bytes],
    statement: bytes,
    answers: Mapping[str, Given],
) -> bytes:
    assert spec.files.notebook is not None
    sources = {m: files[_path(m)].decode() for m in spec.files.notebook.modules}
    return notebook_bytes(spec, spec.files.notebook, sources, statement.decode(), answers)


def _shared_namespace_faults(spec: AssignmentSpec, master: Mapping[str, bytes]) -> list[Fault]:
    if spec.files.notebook is None:
        return []
    modules = spec.files.notebook.modules
    trees = {m: ast.parse(master[_path(m)]) for m in modules}
    taken = {name: m for m, tree in trees.items() for name, _ in top_level(tree.body)}
    clashes = [
        Fault(
            "assignment.toml",
            "problems.answers",
            f"asks for {answer.id!r}, which {taken[answer.id]}.py defines.",
            "In the notebook one would overwrite the other: rename the question.",
        )
        for answer in spec.answers
        if answer.id in taken
    ]
    return [*namespace_faults(modules, trees), *clashes]


def _path(module: str) -> str:
    return module.replace(".", "/") + ".py"


def _conftest(spec: AssignmentSpec) -> bytes:
    modules = spec.files.notebook.modules if spec.files.notebook else ()
    listed = "".join(f'"{module}", ' for module in modules).rstrip(" ")
    if len(modules) > 1:
        listed = listed.removesuffix(",")
    text = CONFTEST.read_text(encoding="utf-8")
    return text.replace(_CONFTEST_MODULES, f"MODULES: tuple[str, ...] = ({listed})").encode()
