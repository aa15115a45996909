"""What a suite says of its checks, read from its syntax: title, points, hint, marks."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assignments.definitions import Function, parse
from assignments.errors import Fault

_SHOWN = ("ranks", "gpu", "timeout", "visibility")


@dataclass(frozen=True, slots=True)
class CheckFacts:
    """One check, as its author wrote it."""

    id: str
    title: str
    points: str
    """As written; "0" where nothing is."""
    hint: str
    marks: tuple[str, ...]
    """Other marks that say how it is run: `gpu`, `ranks(4)`."""


def check_facts(files: Mapping[str, bytes], paths: tuple[str, ...]) -> list[CheckFacts]:
    """The checks of some check files, in the order in which they run."""
    found: list[CheckFacts] = []
    for path in sorted(paths):
        tree = parse(path, files[path])
        if not isinstance(tree, Fault):
            found += _of(path, tree.body, _own_marks(tree.body))
    return found


def _of(place: str, body: list[ast.stmt], above: list[ast.expr]) -> Iterator[CheckFacts]:
    for node in body:
        if isinstance(node, Function) and node.name.startswith("test"):
            # The nearest mark counts, as in pytest.
            marks = _marks([*above, *reversed(node.decorator_list)])
            title = (ast.get_docstring(node) or "").partition("\n")[0].strip()
            yield CheckFacts(
                id=f"{place}::{node.name}",
                title=title or node.name,
                points=_argument(marks, "points") or "0",
                hint=_argument(marks, "hint"),
                marks=tuple(_written(name, marks[name]) for name in _SHOWN if name in marks),
            )
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            own = [*above, *node.decorator_list, *_own_marks(node.body)]
            yield from _of(f"{place}::{node.name}", node.body, own)


def _own_marks(body: list[ast.stmt]) -> list[ast.expr]:
    """What `pytestmark = ...` gives to everything below it."""
    for node in body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            value = node.value
            return value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
    return []


def _marks(decorators: list[ast.expr]) -> dict[str, list[ast.expr]]:
    """The arguments of each mark; a later one takes the place of an earlier."""
    found = {}
    for decorator in decorators:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = ast.unparse(called)
        if name.startswith("pytest.mark."):
            arguments = decorator.args if isinstance(decorator, ast.Call) else []
            found[name.removeprefix("pytest.mark.")] = arguments
    return found


def _argument(marks: dict[str, list[ast.expr]], name: str) -> str:
    match marks.get(name):
        case [ast.Constant(value=value)]:
            return str(value)
        case [argument]:
            return ast.unparse(argument)
    return ""


def _written(name: str, arguments: list[ast.expr]) -> str:
    return f"{name}({', '.join(map(ast.unparse, arguments))})" if arguments else name
