"""Tests by their names, as pages and lists name them: whether there is such a one that runs."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def missing(names: list[str]) -> list[str]:
    """Those that pytest would not find; each as `tests/web/test_gate.py::test_no_cache`."""
    return [name for name in names if not _is_there(name)]


def _is_there(name: str) -> bool:
    path, _, rest = name.partition("::")
    is_collected = path.startswith("tests/") and Path(path).name.startswith("test_")
    return is_collected and rest in _tests_of(path)


@cache
def _tests_of(path: str) -> frozenset[str]:
    """The functions of a file that are tests, and those of its classes, but what is never run."""
    if not (ROOT / path).is_file():
        return frozenset()
    module = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    found = _functions(module.body, "")
    for node in module.body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            found += _functions(node.body, f"{node.name}::")
    return frozenset(found)


def _functions(body: list[ast.stmt], prefix: str) -> list[str]:
    return [
        prefix + node.name
        for node in body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.name.startswith("test_")
        and not any(ast.unparse(mark).endswith("mark.skip") for mark in _marks(node))
    ]


def _marks(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.expr]:
    return [mark.func if isinstance(mark, ast.Call) else mark for mark in node.decorator_list]
