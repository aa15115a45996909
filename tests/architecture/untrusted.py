"""Finds code that could run or rebuild what a student wrote: by its syntax tree, not by its text.

Ruff bans some of this too, but a comment can silence ruff. No comment silences this.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

# The last ones evaluate text, with walls of their own: a wall that has been climbed before.
PACKAGES = {"pickle", "_pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
PACKAGES |= {"simpleeval", "asteval", "numexpr"}
LOADERS = {"torch", "np", "numpy", "yaml"}
RUNNERS_OF_TEXT = {"eval", "exec"}


def dangers(source: str) -> set[str]:
    """What in `source` may not touch a byte that a student made."""
    return {found for node in ast.walk(ast.parse(source)) for found in _of(node)}


def _of(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (name.name for name in node.names if _package(name.name) in PACKAGES)
    elif isinstance(node, ast.ImportFrom):
        yield from _imported_from(node)
    elif isinstance(node, ast.Attribute):
        yield from _attribute(node)
    elif isinstance(node, ast.Name) and node.id in RUNNERS_OF_TEXT:
        yield node.id
    elif isinstance(node, ast.keyword) and node.arg == "allow_pickle" and not _is_false(node.value):
        yield "allow_pickle"


def _imported_from(node: ast.ImportFrom) -> Iterator[str]:
    module = node.module or ""
    if _package(module) in PACKAGES:
        yield module
    names = {name.name for name in node.names}
    if (_package(module) in LOADERS and "load" in names) or module == "builtins":
        yield from (f"{module}.{name}" for name in names & {"load", *RUNNERS_OF_TEXT})


def _attribute(node: ast.Attribute) -> Iterator[str]:
    """`torch.load` and `builtins.exec`, called at once or kept under another name."""
    if not isinstance(node.value, ast.Name):
        return
    owner = node.value.id
    if (owner in LOADERS and node.attr in {"load", "unsafe_load"}) or (
        owner == "builtins" and node.attr in RUNNERS_OF_TEXT
    ):
        yield f"{owner}.{node.attr}"


def _package(module: str) -> str:
    return module.partition(".")[0]


def _is_false(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is False
