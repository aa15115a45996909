"""What our own Python files define, read from their syntax. Never used on student files."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from assignments.errors import Fault

Function = ast.FunctionDef | ast.AsyncFunctionDef


def parse(path: str, source: bytes) -> ast.Module | Fault:
    """Parse a file of ours, or say which line is wrong."""
    try:
        return ast.parse(source, filename=path)
    except SyntaxError as error:
        where = f"{path}:{error.lineno}" if error.lineno else path
        return Fault(where, "", f"is not valid Python: {error.msg}.", "Correct that line.")
    except ValueError as error:
        return Fault(path, "", f"is not valid Python: {error}.", "Save it as plain UTF-8 text.")


def top_level(body: list[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    """Yield every name that a module binds at its top, also below `if` and `try`."""
    for node in body:
        if isinstance(node, Function | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name.partition(".")[0], node
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in (n for target in targets for n in ast.walk(target)):
                if isinstance(name, ast.Name):
                    yield name.id, node
        elif isinstance(node, ast.If | ast.Try | ast.With):
            yield from top_level(_inner(node))


def _inner(node: ast.If | ast.Try | ast.With) -> list[ast.stmt]:
    if isinstance(node, ast.With):
        return node.body
    if isinstance(node, ast.If):
        return node.body + node.orelse
    handlers = [statement for handler in node.handlers for statement in handler.body]
    return node.body + handlers + node.orelse + node.finalbody


def signature(node: ast.stmt) -> str:
    """Write a definition's parameters, `(x, w, eps=1e-05)`; "" where any will do.

    Annotations are left out: a student may drop or change them. Of a class, what its `__init__`
    takes after `self`.
    """
    if isinstance(node, ast.ClassDef):
        inits = [n for n in node.body if isinstance(n, Function) and n.name == "__init__"]
        return _written(inits[0].args, skip_self=True) if inits else ""
    if isinstance(node, Function):
        return _written(node.args, skip_self=False)
    return ""


def _written(args: ast.arguments, *, skip_self: bool) -> str:
    bare = ast.parse(f"def f({ast.unparse(args)}): ...").body[0]
    assert isinstance(bare, ast.FunctionDef)
    for node in ast.walk(bare.args):
        if isinstance(node, ast.arg):
            node.annotation = None
    if skip_self:
        positional = bare.args.posonlyargs or bare.args.args
        del positional[:1]
    return f"({ast.unparse(bare.args)})"
