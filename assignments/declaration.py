"""Reading `assignment.toml` and each `expect.toml`: every wrong key or value becomes a fault."""

from __future__ import annotations

import keyword
import re
import sys
import tomllib
from decimal import Decimal
from pathlib import Path

from assignments.answers.declaring import check_answers, read_answers
from assignments.errors import Fault
from assignments.fields import Table
from assignments.spec import (
    DEFAULT_MAX_BYTES,
    AssignmentSpec,
    FilesSpec,
    LimitsSpec,
    MutantSpec,
    NotebookSpec,
    ProblemKind,
    ProblemSpec,
    module_name,
)

ISOLATIONS = ("split", "shared")
WITHOUT_GPU = ("cpu", "wait")
VERDICTS = ("graded", "rejected")
BAD_OUTCOMES = ("failed", "error", "timeout", "memory", "crashed", "not_run")

_CHECK_ID = re.compile(r"(public|hidden)/[^:\s]+\.py(::[A-Za-z_]\w*){1,2}|answers::[a-z]\w*")
_PROBLEM_ID = re.compile(r"[a-z0-9][a-z0-9_-]*")
# A submission's module with one of these names would be mistaken for the real one.
_TAKEN_MODULES = sys.stdlib_module_names | {"torch", "numpy", "pytest", "notebook"}


def read_toml(folder: Path, name: str, faults: list[Fault]) -> Table | None:
    """Read a TOML file with exact numbers; None, and a fault, where it cannot be read."""
    try:
        text = (folder / name).read_bytes().decode()
        return Table(tomllib.loads(text, parse_float=Decimal), name, "", faults)
    except FileNotFoundError:
        faults.append(Fault(name, "", "is missing.", "Write it; the README has an example."))
    except UnicodeDecodeError:
        faults.append(Fault(name, "", "is not UTF-8.", "Save it as UTF-8."))
    except tomllib.TOMLDecodeError as error:
        faults.append(Fault(name, "", f"is not valid TOML: {error}.", "Correct that line."))
    return None


def read_declaration(slug: str, table: Table) -> AssignmentSpec:
    """Turn `assignment.toml` into a spec. Faults go to the table's list."""
    problems = tuple(_problem(problem) for problem in table.tables("problems"))
    has_code = any(problem.kind is ProblemKind.CODE for problem in problems)
    spec = AssignmentSpec(
        slug=slug,
        title=table.text("title"),
        points=table.required_decimal("points"),
        isolation=table.choice("isolation", ISOLATIONS, "split"),
        files=_files(table.table("files"), has_code=has_code or not problems),
        limits=_limits(table.table("limits")),
        attempts_per_day=_attempts(table.table("attempts")),
        preload=_preload(resources := table.table("resources")),
        gpus=(gpus := resources.integer("gpus", 0, least=0) or 0),
        without_gpu=_without_gpu(resources, gpus),
        mutant_hints=_feedback(table.table("feedback")),
        problems=problems,
    )
    resources.finish()
    table.finish()
    _check_problems(spec, table)
    return spec


def _files(table: Table, *, has_code: bool) -> FilesSpec:
    required = table.texts("required", None if has_code else ())
    if has_code and not required and table.has("required"):
        table.fault("required", "is empty.", "Name at least one file.")
    for name in required:
        _check_file_name(name, table)
    notebook_table = table.table("notebook") if table.has("notebook") else None
    files = FilesSpec(
        required=required,
        optional=table.texts("optional", ()),
        max_bytes=table.integer("max_bytes") or DEFAULT_MAX_BYTES,
        notebook=_notebook(notebook_table, required) if notebook_table else None,
    )
    table.finish()
    return files


def _check_file_name(name: str, table: Table) -> None:
    if name.startswith("/") or "\\" in name or ".." in name.split("/"):
        table.fault("required", f"names {name!r}.", "Use a plain path inside the submission.")
    elif name.endswith(".ipynb"):
        table.fault("required", f"names {name!r}.", "Declare the notebook in [files.notebook].")
    elif name.endswith(".py"):
        module = module_name(name)
        if not all(p.isidentifier() and not keyword.iskeyword(p) for p in module.split(".")):
            table.fault("required", f"names {name!r}, which cannot be imported.", "Rename it.")
        elif module in _TAKEN_MODULES:
            table.fault("required", f"names {name!r}, which hides the module {module}.", "Rename.")


def _notebook(table: Table, required: tuple[str, ...]) -> NotebookSpec:
    file = table.text("file")
    if file and (not file.endswith(".ipynb") or "/" in file):
        table.fault("file", f"is {file!r}.", "Use a plain name that ends in .ipynb.")
    modules = table.texts("modules")
    known = {module_name(name) for name in required if name.endswith(".py")}
    for module in modules:
        if module not in known:
            table.fault(
                "modules",
                f"names {module!r}, which is no required .py file.",
                f"Use some of: {', '.join(sorted(known)) or '(none is declared)'}.",
            )
    for module in sorted(known - set(modules)):
        table.fault("modules", f"leaves out {module!r}.", "A notebook stands for all of them.")
    table.finish()
    return NotebookSpec(file, modules)


def _limits(table: Table) -> LimitsSpec:
    limits = LimitsSpec(
        load_seconds=table.seconds("load_seconds"),
        check_seconds=table.seconds("check_seconds"),
        call_seconds=table.seconds("call_seconds"),
        run_seconds=table.seconds("run_seconds"),
        memory_mb=table.integer("memory_mb"),
        processes=table.integer("processes"),
        scratch_mb=table.integer("scratch_mb"),
    )
    table.finish()
    return limits


def _attempts(table: Table) -> int | None:
    per_day = table.integer("per_day")
    table.finish()
    return per_day


def _feedback(table: Table) -> bool:
    mutant_hints = table.flag("mutant_hints", default=False)
    table.finish()
    return mutant_hints


def _preload(table: Table) -> tuple[str, ...]:
    names = table.texts("preload", ())
    for name in names:
        if not all(part.isidentifier() for part in name.split(".")):
            table.fault("preload", f"names {name!r}, which is no module.", "Write: torch.fft")
    return names


def _without_gpu(table: Table, gpus: int) -> str:
    if table.has("without_gpu") and not gpus:
        table.fault("without_gpu", "is set, but no GPU is asked for.", "Add: gpus = 1")
    return table.choice("without_gpu", WITHOUT_GPU, "wait")


def _problem(table: Table) -> ProblemSpec:
    kind = ProblemKind(table.choice("kind", [k.value for k in ProblemKind], "code"))
    problem = ProblemSpec(
        id=table.text("id"),
        title=table.text("title"),
        kind=kind,
        points=table.required_decimal("points"),
        checks=table.texts("checks", ()),
        provides=table.texts("provides", ()),
        answers=read_answers(table) if kind is ProblemKind.ANSWER else (),
    )
    if problem.id and not _PROBLEM_ID.fullmatch(problem.id):
        table.fault("id", f"is {problem.id!r}.", "Use small letters, digits, '-' and '_'.")
    if kind is ProblemKind.CODE and not problem.checks:
        table.fault("checks", "is missing.", "A code problem names at least one check file.")
    if kind is not ProblemKind.CODE and problem.checks:
        table.fault("checks", f"stands in a problem of kind {kind.value!r}.", "Remove it.")
    if kind is not ProblemKind.ANSWER and table.tables("answers", required=False):
        table.fault("answers", f"stands in a problem of kind {kind.value!r}.", "Remove it.")
    table.finish()
    return problem


def _check_problems(spec: AssignmentSpec, table: Table) -> None:
    seen: dict[str, int] = {}
    owner: dict[str, str] = {}
    for number, problem in enumerate(spec.problems, start=1):
        place = f"problems[{number}]"
        if problem.id and problem.id in seen:
            table.fault(
                f"{place}.id",
                f"is {problem.id!r}, as in problems[{seen[problem.id]}].",
                "Give each problem an id of its own.",
            )
        seen.setdefault(problem.id, number)
        for check in problem.checks:
            if owner.setdefault(check, problem.id) != problem.id:
                table.fault(
                    f"{place}.checks",
                    f"names {check!r}, which problem {owner[check]!r} names too.",
                    "A check file belongs to one problem.",
                )
    check_answers(spec.problems, table)
    total = sum((problem.points for problem in spec.problems), Decimal(0))
    if spec.problems and spec.points and total != spec.points:
        table.fault(
            "points",
            f"is {spec.points}, but the problems' points add up to {total}.",
            "Change one of them so that they agree.",
        )


def read_expectation(name: str, table: Table) -> MutantSpec:
    """Turn a mutant's `expect.toml` into a spec."""
    outcomes = table.text_map("outcomes")
    mutant = MutantSpec(
        name=name,
        description=table.text("description"),
        cheat=table.flag("cheat", default=False),
        fails=tuple(dict.fromkeys((*table.texts("fails", ()), *outcomes))),
        outcomes=outcomes,
        verdict=table.choice("verdict", VERDICTS, "graded"),
        raises=table.texts("raises", ()),
        hint=table.text("hint", ""),
    )
    table.finish()
    _check_expectation(mutant, table)
    return mutant


def _check_expectation(mutant: MutantSpec, table: Table) -> None:
    for check in mutant.fails:
        if not _CHECK_ID.fullmatch(check):
            table.fault(
                "fails",
                f"names {check!r}, which is not a check id.",
                "Write it like hidden/test_question1.py::test_shapes.",
            )
    for check, outcome in mutant.outcomes.items():
        if outcome not in BAD_OUTCOMES:
            table.fault(
                "outcomes",
                f"gives {check!r} the outcome {outcome!r}.",
                f"Use one of: {', '.join(BAD_OUTCOMES)}.",
            )
    for check in mutant.raises:
        if check not in mutant.fails:
            table.fault("raises", f"names {check!r}.", "Name checks of `fails` only.")
    if mutant.hint and (mutant.cheat or mutant.verdict != "graded"):
        message = "is set, but a cheat or a rejected submission gets none."
        table.fault("hint", message, "Remove it.")
    if mutant.verdict == "graded" and not mutant.fails:
        table.fault("fails", "is empty.", "Name the checks that this mutant must fail.")
    if mutant.verdict != "graded" and mutant.fails:
        table.fault("fails", f"is set, with the verdict {mutant.verdict!r}.", "Remove it.")
