"""The staff's handbook: a page for each homework, written from its folder alone.

What it says of mutants is what the gate proves: `expect.toml` holds exactly what each one fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from assignments.answers import ID_PREFIX
from assignments.check_facts import CheckFacts, check_facts
from assignments.loader import read_suite, solution_files
from assignments.markdown_tables import code, escaped, number, table
from assignments.mutation.candidates import candidates
from assignments.mutation.record import is_stale, read_record
from assignments.mutation.survivors import Survivor, read_survivors
from assignments.spec import (
    AnswerSpec,
    AssignmentSpec,
    LimitsSpec,
    MutantSpec,
    ProblemKind,
    ProblemSpec,
)

_MADE = "Written by `python -m assignments docs`; never edit it by hand."
_STAFF = (
    "**For staff.** This page names hidden checks, mistakes and right answers: it is not for "
    f"students. {_MADE}"
)
_LETTERS = {"error": "E", "timeout": "T", "memory": "M", "crashed": "C", "not_run": "N"}
_LEGEND = (
    "**x** fails; **T** takes too long, **C** ends the process, **M** runs out of memory, **E** "
    "cannot be judged, **N** is not run. Every other check passes. A number is the check's in the "
    "table above."
)


def handbook(folders: Mapping[str, tuple[Path, AssignmentSpec]]) -> dict[str, str]:
    """All pages by name, each ending with a line feed."""
    pages = {f"{slug}.md": _page(folder, spec) for slug, (folder, spec) in folders.items()}
    return {"README.md": _index(folders.values()), **pages}


def _index(homeworks: Iterable[tuple[Path, AssignmentSpec]]) -> str:
    rows = [
        [
            f"[{escaped(spec.title)}]({spec.slug}.md)",
            number(spec.points),
            str(len(spec.problems)),
            str(len(_all_checks(folder, spec))),
            str(len(spec.answers)),
            str(len(spec.mutants)),
            _score(folder, spec),
        ]
        for folder, spec in homeworks
    ]
    counted = ("points", "problems", "checks", "answers", "mutants", "automatic mutants")
    return _joined(
        "# Homeworks",
        _STAFF,
        table(["homework", *counted], rows),
        "Every mutant fails exactly the checks that its page names: `python -m assignments check` "
        "proves it, three times each, before a homework can be published. Automatic mutants are "
        "explained in [the room's page](../../assignments/README.md).",
    )


def _page(folder: Path, spec: AssignmentSpec) -> str:
    suite = read_suite(folder, spec)
    parts = [
        f"# {spec.title}",
        _STAFF,
        table(["", ""], _facts(spec)),
        "## Problems",
        table(
            ["problem", "kind", "points", "checks", "hidden"],
            [_problem_row(problem, suite) for problem in spec.problems],
        ),
    ]
    for problem in spec.problems:
        parts += _problem_parts(problem, spec, suite)
    parts += ["## Mutants", *_mutant_parts(spec), "## Automatic mutants", *_automatic(folder, spec)]
    return _joined(*parts)


def _facts(spec: AssignmentSpec) -> list[list[str]]:
    notebook = f", or `{spec.files.notebook.file}`" if spec.files.notebook else ""
    rows = [
        ["points", number(spec.points)],
        ["files", ", ".join(f"`{name}`" for name in spec.files.required) + notebook],
        ["limits", _limits(spec.limits)],
        ["isolation", spec.isolation],
    ]
    if spec.gpus:
        without = "run on the CPU" if spec.without_gpu == "cpu" else "wait"
        rows.append(["GPUs", f"{spec.gpus}; without one, its checks {without}"])
    if spec.attempts_per_day:
        rows.append(["attempts", f"{spec.attempts_per_day} a day"])
    rows.append(["hints of mutants", "shown to students" if spec.mutant_hints else "not shown"])
    return rows


def _limits(limits: LimitsSpec) -> str:
    named = (
        ("each check", limits.check_seconds, "s"),
        ("each call", limits.call_seconds, "s"),
        ("loading each file", limits.load_seconds, "s"),
        ("the whole run", limits.run_seconds, "s"),
        ("memory", limits.memory_mb, "MB"),
    )
    return "; ".join(f"{n} {v:g} {unit}" for n, v, unit in named if v) or "the runner's"


def _problem_row(problem: ProblemSpec, suite: Mapping[str, bytes]) -> list[str]:
    checks = check_facts(suite, problem.checks)
    hidden = sum(check.id.startswith("hidden/") for check in checks)
    counted = [str(len(checks)), str(hidden)] if problem.kind is ProblemKind.CODE else ["", ""]
    title = f"[{escaped(problem.title)}](#{problem.id})"
    return [title, problem.kind.value, number(problem.points), *counted]


def _problem_parts(
    problem: ProblemSpec, spec: AssignmentSpec, suite: Mapping[str, bytes]
) -> list[str]:
    # The id is the link's target, whatever becomes of the title.
    parts = [f'<a id="{problem.id}"></a>', f"## {problem.title}"]
    if problem.kind is ProblemKind.ANSWER:
        return [*parts, table(["answer", "kind", "points", "right", "within"], _answers(problem))]
    checks = check_facts(suite, problem.checks)
    if not checks:
        return [*parts, "Graded by a person."]
    rows = [_check_row(place, check) for place, check in enumerate(checks, start=1)]
    parts.append(table(["", "check", "points", "runs on", "title, hint"], rows))
    if matrix := _matrix(spec.mutants, [check.id for check in checks]):
        parts += ["Which mutant fails which of these checks:", matrix, _LEGEND]
    return parts


def _check_row(place: int, check: CheckFacts) -> list[str]:
    hint = f"<br>*{escaped(check.hint)}*" if check.hint else ""
    marks = ", ".join(f"`{mark}`" for mark in check.marks)
    return [str(place), f"`{check.id}`", check.points, marks, escaped(check.title) + hint]


def _answers(problem: ProblemSpec) -> list[list[str]]:
    return [
        [
            f"`{ID_PREFIX}{answer.id}`<br>{escaped(answer.title)}",
            answer.kind.value,
            number(answer.points),
            _right(answer),
            escaped(answer.tolerance.text),
        ]
        for answer in problem.answers
    ]


def _right(answer: AnswerSpec) -> str:
    if answer.right:
        return ", ".join(f"`{option}`" for option in answer.right)
    return "<br>".join(escaped(", ".join(row)) for row in answer.values)


def _matrix(mutants: Iterable[MutantSpec], checks: list[str]) -> str:
    """One row for each mutant that fails something here, one column for each check."""
    rows = [
        [f"`{mutant.name}`", *(_cell(mutant, check) for check in checks)]
        for mutant in mutants
        if set(mutant.fails) & set(checks)
    ]
    columns = ["mutant", *(str(place) for place in range(1, len(checks) + 1))]
    return table(columns, rows) if rows else ""


def _cell(mutant: MutantSpec, check: str) -> str:
    if check not in mutant.fails:
        return ""
    return _LETTERS.get(mutant.outcomes.get(check, ""), "x")


def _mutant_parts(spec: AssignmentSpec) -> list[str]:
    if not spec.mutants:
        return ["None yet."]
    rows = [
        [
            f"`{mutant.name}`",
            escaped(mutant.description) + (" (a cheat)" if mutant.cheat else ""),
            str(len(mutant.fails)) if mutant.verdict == "graded" else mutant.verdict,
            escaped(mutant.hint),
        ]
        for mutant in spec.mutants
    ]
    return [table(["mutant", "the mistake", "fails", "hint"], rows)]


def _automatic(folder: Path, spec: AssignmentSpec) -> list[str]:
    parts = [f"{_score(folder, spec)}."]
    record = read_record(folder)
    if record is not None and record.survivors:
        parts += ["Not explained:", "\n".join(f"- `{survivor}`" for survivor in record.survivors)]
    if survivors := read_survivors(folder):
        rows = [_survivor_row(survivor) for survivor in survivors]
        parts.append(table(["file", "line", "becomes", "why", "reason"], rows))
    return parts


def _survivor_row(survivor: Survivor) -> list[str]:
    lines = [code(survivor.line), code(survivor.becomes)]
    return [code(survivor.file), *lines, survivor.why, escaped(survivor.reason)]


def _score(folder: Path, spec: AssignmentSpec) -> str:
    record = read_record(folder)
    if record is None:
        return f"{len(candidates(solution_files(folder, spec)))}, not recorded"
    told = (
        f"{record.killed} of {record.mutations} killed by the hidden suite, {record.equivalent} "
        f"equivalent, {record.allowed} allowed: {record.share:.1f} %"
    )
    return f"{told} (before the last change)" if is_stale(folder, spec, record) else told


def _all_checks(folder: Path, spec: AssignmentSpec) -> list[CheckFacts]:
    suite = read_suite(folder, spec)
    return [check for problem in spec.problems for check in check_facts(suite, problem.checks)]


def _joined(*parts: str) -> str:
    return "\n\n".join(parts) + "\n"
