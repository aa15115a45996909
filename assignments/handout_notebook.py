"""The homework's notebook, made from the question files: the same input gives the same bytes."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from itertools import pairwise

import nbformat

from assignments.answers import ANSWERS_TAG
from assignments.answers.asking import notebook_cell, notebook_questions
from assignments.answers.typed import Given
from assignments.definitions import Function, top_level
from assignments.errors import Fault
from assignments.notebooks import SKIP_TAG
from assignments.spec import AssignmentSpec, NotebookSpec

_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
_RUN_CHECKS = "!python -m pytest -q checks"


def notebook_bytes(
    spec: AssignmentSpec,
    notebook: NotebookSpec,
    sources: Mapping[str, str],
    statement: str,
    answers: Mapping[str, Given],
) -> bytes:
    """Write the notebook. `sources` maps each of its modules to Python that parses."""
    title = statement.strip() or f"# {spec.title}"
    cells = [_markdown("title", title)]
    for module in notebook.modules:
        tree = ast.parse(sources[module])
        heading, *rest = [_heading(spec, module), ast.get_docstring(tree) or ""]
        cells.append(_markdown(f"{module}-heading", "\n\n".join([heading, *filter(None, rest)])))
        pieces = _pieces(sources[module], tree, set(notebook.modules))
        cells += [_code(f"{module}-{i}", piece) for i, piece in enumerate(pieces, start=1)]
    cells += _answer_cells(spec, answers)
    cells.append(_markdown("check-heading", "## Check your work\n\nSave the notebook first."))
    cells.append(_code("check", _RUN_CHECKS, tags=[SKIP_TAG]))
    made = nbformat.v4.new_notebook(cells=cells, metadata=_METADATA)
    # Pinned, so that a newer nbformat does not change the bytes.
    made["nbformat_minor"] = 5
    text = str(nbformat.v4.writes(made))
    return (text.rstrip("\n") + "\n").encode()


def _answer_cells(
    spec: AssignmentSpec, answers: Mapping[str, Given]
) -> list[nbformat.NotebookNode]:
    """The questions, and the one cell where the answers are typed."""
    asking = [problem for problem in spec.problems if problem.answers]
    if not asking:
        return []
    cells = [_markdown(f"{p.id}-questions", notebook_questions(p)) for p in asking]
    tags = [ANSWERS_TAG, SKIP_TAG]
    return [*cells, _code("answers", notebook_cell(spec, answers), tags=tags)]


def namespace_faults(modules: tuple[str, ...], trees: Mapping[str, ast.Module]) -> list[Fault]:
    """Find what keeps several modules from sharing a notebook's one namespace."""
    owner: dict[str, tuple[str, str]] = {}
    faults = []
    for module in modules:
        for name, node in _bindings(trees[module], set(modules)):
            meaning = _meaning(node, name)
            first, known = owner.setdefault(name, (module, meaning))
            if first != module and meaning != known:
                place = f"solution/{module}.py:{node.lineno}"
                message = f"binds {name!r} to something else than {first}.py does."
                remedy = "In the notebook they are one namespace: rename one of them."
                faults.append(Fault(place, "", message, remedy))
        faults += _import_faults(module, trees[module], set(modules))
    return faults


def _bindings(tree: ast.Module, modules: set[str]) -> list[tuple[str, ast.stmt]]:
    kept = [node for node in tree.body if not _is_main(node) and not _of_sibling(node, modules)]
    return list(top_level(kept))


def _meaning(node: ast.stmt, name: str) -> str:
    if isinstance(node, Function | ast.ClassDef):
        # Two definitions are never the same one, even if they read alike today.
        return f"{id(node)}"
    if isinstance(node, ast.Import):
        return next(f"import {a.name}" for a in node.names if _bound(a) == name)
    if isinstance(node, ast.ImportFrom):
        return next(f"from {node.module} import {a.name}" for a in node.names if _bound(a) == name)
    return ast.dump(node)


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _import_faults(module: str, tree: ast.Module, modules: set[str]) -> list[Fault]:
    faults = []
    for node in ast.walk(tree):
        renamed = isinstance(node, ast.ImportFrom) and any(
            a.name == "*" or a.asname not in (None, a.name) for a in node.names
        )
        whole = isinstance(node, ast.Import) and any(a.name in modules for a in node.names)
        sibling = isinstance(node, ast.ImportFrom) and node.module in modules
        if whole or (sibling and (renamed or node not in tree.body)):
            place = f"solution/{module}.py:{getattr(node, 'lineno', 1)}"
            message = "imports another question file in a way that has no meaning in a notebook."
            remedy = "Write 'from question1 import name' at the top of the file."
            faults.append(Fault(place, "", message, remedy))
    return faults


def _is_main(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def _of_sibling(node: ast.stmt, modules: set[str]) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module in modules


def _heading(spec: AssignmentSpec, module: str) -> str:
    titles = [
        f"{problem.title} ({problem.points.normalize():f} points)"
        for problem in spec.problems
        if any(name.rpartition(".")[0] == module for name in problem.provides)
    ]
    return f"## {' / '.join(titles) or module}"


def _pieces(source: str, tree: ast.Module, modules: set[str]) -> list[str]:
    """Cut a module before each function and class; its docstring is in the heading already.

    Imports from other question files go: their names are there, and the files may not be.
    """
    lines = source.splitlines()
    cuts = [0, *(_start(node, lines) for node in tree.body if _is_definition(node)), len(lines)]
    dropped = {
        line
        for node in tree.body
        if _of_sibling(node, modules) or (node is tree.body[0] and _is_docstring(node))
        for line in range(node.lineno - 1, node.end_lineno or node.lineno)
    }
    pieces = [
        "\n".join(lines[i] for i in range(first, last) if i not in dropped).strip("\n")
        for first, last in pairwise(cuts)
    ]
    return [piece for piece in pieces if piece.strip()]


def _is_definition(node: ast.stmt) -> bool:
    return isinstance(node, Function | ast.ClassDef)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _start(node: ast.stmt, lines: list[str]) -> int:
    """Find where a definition starts: at its decorators and the comment right above them."""
    decorators = node.decorator_list if isinstance(node, Function | ast.ClassDef) else []
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1
    while first > 0 and lines[first - 1].startswith("#"):
        first -= 1
    return first


def _markdown(cell_id: str, text: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_markdown_cell(text, id=cell_id)


def _code(cell_id: str, source: str, tags: list[str] | None = None) -> nbformat.NotebookNode:
    metadata = {"tags": tags} if tags else {}
    return nbformat.v4.new_code_cell(source, id=cell_id, metadata=metadata)
