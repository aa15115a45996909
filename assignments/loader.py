"""A homework folder, read and checked as a whole: an `AssignmentSpec`, or every fault at once.

Reads the folder only. Nothing of it is run, and no student file is ever looked at here.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from assignments.answers import ANSWERS_FILE, ID_PREFIX
from assignments.answers.typed import as_file, read_answers_file, right_answers
from assignments.declaration import read_declaration, read_expectation, read_toml
from assignments.definitions import parse, signature, top_level
from assignments.errors import AssignmentInvalid, Fault
from assignments.fields import near_miss
from assignments.names import is_junk
from assignments.spec import AssignmentSpec, MutantSpec, module_name

DECLARATION = "assignment.toml"
EXPECTATION = "expect.toml"
SURVIVORS = "survivors.toml"
"""Why some automatic mutants are let through, by hand."""
MUTATION = "mutation.toml"
"""What the last run over all automatic mutants found."""
# What is known about a homework, and no part of it: nobody is graded otherwise for it.
_ASIDE = (SURVIVORS, MUTATION)


def load_assignment(folder: Path) -> AssignmentSpec:
    """Read a homework folder, or raise `AssignmentInvalid` with all that is wrong with it."""
    if not folder.is_dir():
        fault = Fault(folder.name, "", "is no folder.", "Check the name of the homework.")
        raise AssignmentInvalid(folder.name, [fault])
    files = read_folder(folder)
    faults: list[Fault] = []
    trees = _parse_all(files, faults)
    table = read_toml(folder, DECLARATION, faults)
    if table is None:
        raise AssignmentInvalid(folder.name, faults)
    spec = read_declaration(folder.resolve().name, table)
    spec = replace(
        spec,
        mutants=_mutants(folder, files, spec, faults),
        digest=content_digest({n: data for n, data in files.items() if n not in _ASIDE}),
        handout={
            name: hashlib.sha256(data).hexdigest() for name, data in below(files, "handout").items()
        },
    )
    _check_solution(files, spec, faults)
    _check_suite(files, spec, faults)
    _check_provides(trees, spec, faults)
    if faults:
        raise AssignmentInvalid(folder.name, sorted(set(faults)))
    return spec


def read_folder(folder: Path) -> dict[str, bytes]:
    """Read all files below a folder by relative path, without what tools leave behind."""
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    return {
        name: path.read_bytes()
        for name, path in sorted(paths.items())
        if not is_junk(name) and path.is_file()
    }


def below(files: Mapping[str, bytes], folder: str) -> dict[str, bytes]:
    """Pick the files below a folder, by path relative to it."""
    prefix = f"{folder}/"
    return {n.removeprefix(prefix): data for n, data in files.items() if n.startswith(prefix)}


def content_digest(files: Mapping[str, bytes]) -> str:
    """sha256 over the sorted paths and bytes; lengths keep one file from posing as two."""
    digest = hashlib.sha256()
    for name in sorted(files):
        path, data = name.encode(), files[name]
        digest.update(b"%d:%s%d:" % (len(path), path, len(data)))
        digest.update(data)
    return digest.hexdigest()


def read_suite(folder: Path, spec: AssignmentSpec) -> dict[str, bytes]:
    """Read the suite, by path relative to `checks/`: what the problems name, and its data."""
    named = {check for problem in spec.problems for check in problem.checks}
    files = read_folder(folder / "checks")
    return {n: data for n, data in files.items() if n in named or not _is_check_file(n)}


def solution_files(folder: Path, spec: AssignmentSpec) -> dict[str, bytes]:
    """Read the reference solution as a student would upload it, with the right answers typed."""
    files = read_folder(folder / "solution")
    return files | ({ANSWERS_FILE: as_file(right_answers(spec))} if spec.answers else {})


def handout_files(folder: Path, spec: AssignmentSpec) -> dict[str, bytes]:
    """Read the handout as a student would upload it untouched: what is required, no answers."""
    files = read_folder(folder / "handout")
    names = [*spec.files.required, *([ANSWERS_FILE] if spec.answers else [])]
    return {name: files[name] for name in names if name in files}


def mutant_files(folder: Path, spec: AssignmentSpec, mutant: MutantSpec) -> dict[str, bytes]:
    """Lay a mutant's files over the solution's, as one upload; answers one by one."""
    own = read_folder(folder / "mutants" / mutant.name)
    own.pop(EXPECTATION, None)
    base = solution_files(folder, spec)
    if spec.answers and ANSWERS_FILE in own:
        wrong = read_answers_file(ANSWERS_FILE, own[ANSWERS_FILE], spec)
        own[ANSWERS_FILE] = as_file({**right_answers(spec), **wrong.answers})
    if any(name.endswith(".ipynb") for name in own):
        # A notebook stands in place of the .py files; both together would be refused.
        base = {name: data for name, data in base.items() if not name.endswith(".py")}
    return base | own


def handout_signatures(folder: Path, spec: AssignmentSpec) -> dict[str, str]:
    """Map each provided `module.name` to its parameters, `(x, w)`; "" where any will do."""
    found: dict[str, str] = {}
    for provided in (name for problem in spec.problems for name in problem.provides):
        module, _, name = provided.rpartition(".")
        path = folder / "solution" / (module.replace(".", "/") + ".py")
        defined = dict(top_level(ast.parse(path.read_bytes()).body))
        found[provided] = signature(defined[name])
    return found


def _parse_all(files: Mapping[str, bytes], faults: list[Fault]) -> dict[str, ast.Module]:
    trees: dict[str, ast.Module] = {}
    for name, data in files.items():
        # Mutants may be broken on purpose, and the handout is checked by its build.
        if name.endswith(".py") and name.startswith(("checks/", "solution/")):
            parsed = parse(name, data)
            if isinstance(parsed, Fault):
                faults.append(parsed)
            else:
                trees[name] = parsed
    return trees


def _check_solution(files: Mapping[str, bytes], spec: AssignmentSpec, faults: list[Fault]) -> None:
    present = below(files, "solution")
    if spec.answers and ANSWERS_FILE in present:
        remedy = "Delete it: the declared values are the solution's answers."
        faults.append(Fault(f"solution/{ANSWERS_FILE}", "", "is not needed.", remedy))
    for name in spec.files.required:
        if name not in present:
            remedy = near_miss(name, present.keys() - set(spec.files.required))
            faults.append(
                Fault(f"solution/{name}", "", "is missing.", remedy or "Write the solution.")
            )


def _check_suite(files: Mapping[str, bytes], spec: AssignmentSpec, faults: list[Fault]) -> None:
    present = below(files, "checks")
    named = {check for problem in spec.problems for check in problem.checks}
    for number, problem in enumerate(spec.problems, start=1):
        for check in problem.checks:
            where = f"problems[{number}].checks"
            if not check.startswith(("public/", "hidden/")):
                remedy = "Start it with public/ or hidden/."
                faults.append(Fault(DECLARATION, where, f"names {check!r}.", remedy))
            elif check not in present:
                remedy = near_miss(check, present) or f"Write checks/{check}."
                message = f"names {check!r}, which does not exist."
                faults.append(Fault(DECLARATION, where, message, remedy))
    for name in sorted(present.keys() - named):
        if _is_check_file(name):
            remedy = f'Add "{name}" to the checks of a problem, or delete the file.'
            faults.append(Fault(f"checks/{name}", "", "belongs to no problem.", remedy))


def _is_check_file(name: str) -> bool:
    base = name.rpartition("/")[2]
    return base.endswith("_test.py") or (base.startswith("test_") and base.endswith(".py"))


def _check_provides(
    trees: Mapping[str, ast.Module], spec: AssignmentSpec, faults: list[Fault]
) -> None:
    modules = {module_name(n.removeprefix("solution/")): n for n in trees if n[:9] == "solution/"}
    required = {module_name(name) for name in spec.files.required_python}
    for number, problem in enumerate(spec.problems, start=1):
        for provided in problem.provides:
            where = f"problems[{number}].provides"
            module, _, name = provided.rpartition(".")
            if module not in required:
                remedy = near_miss(module, required) or 'Write "module.name" of a required file.'
                message = f"names {provided!r}, but {module or provided!r} is no required file."
                faults.append(Fault(DECLARATION, where, message, remedy))
            elif module in modules:
                defined = {n for n, _ in top_level(trees[modules[module]].body)}
                if name not in defined:
                    message = f"names {provided!r}, which {modules[module]} does not define."
                    remedy = near_miss(name, defined) or "Define it, or correct the name."
                    faults.append(Fault(DECLARATION, where, message, remedy))


def _mutants(
    folder: Path, files: Mapping[str, bytes], spec: AssignmentSpec, faults: list[Fault]
) -> tuple[MutantSpec, ...]:
    names = sorted(
        {n.split("/")[1] for n in files if n.startswith("mutants/") and n.count("/") > 1}
    )
    suite = {check for problem in spec.problems for check in problem.checks}
    answers = {ID_PREFIX + answer.id for answer in spec.answers}
    mutants = []
    for name in names:
        path = f"mutants/{name}/{EXPECTATION}"
        table = read_toml(folder, path, faults)
        if table is None:
            continue
        mutant = read_expectation(name, table)
        mutants.append(mutant)
        for check in mutant.fails:
            file = check.partition("::")[0]
            if check.startswith(ID_PREFIX) and check not in answers:
                message = f"names {check!r}, but there is no such question."
                faults.append(Fault(path, "fails", message, near_miss(check, answers)))
            elif not check.startswith(ID_PREFIX) and file not in suite and "::" in check:
                message = f"names {check!r}, but no problem has the check file {file!r}."
                faults.append(Fault(path, "fails", message, near_miss(file, suite)))
        if set(below(files, f"mutants/{name}")) == {EXPECTATION}:
            message = "holds no file but its expectations."
            faults.append(Fault(f"mutants/{name}", "", message, "Add the file that is wrong."))
    return tuple(mutants)
