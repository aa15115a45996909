"""Habits that a suite must keep, read from its syntax: titles, hints, careful comparison."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from assignments.definitions import Function, parse
from assignments.errors import Fault
from assignments.proof import Promise


def lint_suite(files: Mapping[str, bytes], gpus: int = 0) -> list[Promise]:
    """Find hidden checks that tell a student nothing, and comparisons that let mistakes pass.

    And checks for a GPU in a homework that asks for none: they would never have one.
    """
    broken = []
    if not gpus:
        marked = [path for path, source in sorted(files.items()) if b"pytest.mark.gpu" in source]
        message = 'has checks marked `gpu`. Add: [resources] gpus = 1, without_gpu = "cpu"'
        broken += [Promise("lint", path, message) for path in marked]
    for path, source in sorted(files.items()):
        if path.startswith("hidden/") and path.endswith(".py"):
            tree = parse(path, source)
            if not isinstance(tree, Fault):
                broken += _lint_file(path, tree)
    return broken


def _lint_file(path: str, tree: ast.Module) -> list[Promise]:
    broken = []
    for check, test, hinted in _checks(path, tree.body, hinted=_sets_hint(tree.body)):
        title = (ast.get_docstring(test) or "").partition("\n")[0]
        if not title.strip():
            message = "has no title. Write a docstring: its first line is all that students see."
            broken.append(Promise("lint", check, message))
        if not hinted:
            message = "has no hint. Add @pytest.mark.hint('what a TA would say')."
            broken.append(Promise("lint", check, message))
    broken += [
        Promise(
            "lint",
            f"{path}:{line}",
            "asserts a bare torch.allclose, which broadcasts, ignores dtype and explains nothing. "
            "Use the fixture assert_tensor(actual, expected).",
        )
        for line in _bare_comparisons(tree)
    ]
    return broken


def _checks(
    path: str, body: list[ast.stmt], *, hinted: bool
) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef, bool]]:
    for node in body:
        if isinstance(node, Function) and node.name.startswith("test"):
            yield f"{path}::{node.name}", node, hinted or _has_hint(node.decorator_list)
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            inner = hinted or _has_hint(node.decorator_list) or _sets_hint(node.body)
            yield from _checks(f"{path}::{node.name}", node.body, hinted=inner)


def _has_hint(decorators: list[ast.expr]) -> bool:
    return any("mark.hint(" in ast.unparse(decorator) for decorator in decorators)


def _sets_hint(body: list[ast.stmt]) -> bool:
    """Whether `pytestmark = ...` gives a hint to everything below it."""
    return any(
        isinstance(node, ast.Assign)
        and ast.unparse(node.targets[0]) == "pytestmark"
        and _has_hint([node.value])
        for node in body
    )


def _bare_comparisons(tree: ast.Module) -> list[int]:
    """Find `assert torch.allclose(...)`. `assert not ...` is left alone: it asks for a change."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            found += [call.lineno for call in _asserted_calls(node.test)]
    return sorted(found)


def _asserted_calls(test: ast.expr) -> list[ast.Call]:
    if isinstance(test, ast.BoolOp):
        return [call for value in test.values for call in _asserted_calls(value)]
    if isinstance(test, ast.Call) and ast.unparse(test.func) in ("torch.allclose", "allclose"):
        return [test]
    return []
