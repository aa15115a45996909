"""The mistakes: what each kind of syntax may be replaced by.

Each operator takes a node and yields changes: what was done in few words, the first and the last
byte that are replaced, and the text that takes their place.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from assignments.mutation.edits import Source
from assignments.mutation.tables import (
    ARITHMETIC,
    BUILTINS,
    COMPARISONS,
    DROPPED_CALLS,
    KEPT_KEYWORDS,
    SWAPPED_NAMES,
    TRANSPOSES,
)

Change = tuple[str, int, int, str]
Operator = Callable[[Source, ast.AST], Iterator[Change]]


def arithmetic(source: Source, node: ast.AST) -> Iterator[Change]:
    """`+` to `-`, and the term or factor that was forgotten."""
    if not isinstance(node, ast.BinOp):
        return
    old, new = ARITHMETIC.get(type(node.op), ("", ""))
    if old:
        yield from _between(source, node.left, node.right, old, new)
    if isinstance(node.op, ast.MatMult):
        yield _whole(source, node.right, "transposed right side", f"{source.atom(node.right)}.mT")
        return
    yield _whole(source, node, "left side alone", source.atom(node.left))
    if isinstance(node.op, ast.Add | ast.Mult):
        yield _whole(source, node, "right side alone", source.atom(node.right))


def signs(source: Source, node: ast.AST) -> Iterator[Change]:
    """A sign or a `not` that was forgotten. The sign of a number is part of it."""
    if isinstance(node, ast.UnaryOp) and not isinstance(node.operand, ast.Constant):
        if isinstance(node.op, ast.USub):
            yield _whole(source, node, "sign dropped", source.atom(node.operand))
        elif isinstance(node.op, ast.Not | ast.Invert):
            yield _whole(source, node, "not dropped", source.atom(node.operand))


def comparisons(source: Source, node: ast.AST) -> Iterator[Change]:
    """`<` to `<=`, `==` to `!=`."""
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        for left, op, right in zip(sides, node.ops, node.comparators, strict=False):
            if pair := COMPARISONS.get(type(op)):
                yield from _between(source, left, right, *pair)


def conditions(source: Source, node: ast.AST) -> Iterator[Change]:
    """`and` to `or`, and a condition turned round."""
    if isinstance(node, ast.BoolOp):
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            yield from _between(source, left, right, old, new)
    if isinstance(node, ast.If | ast.IfExp | ast.While) and not _turned_elsewhere(node.test):
        yield _whole(source, node.test, "condition turned", f"not {source.atom(node.test)}")


def constants(source: Source, node: ast.AST) -> Iterator[Change]:
    """A whole number one up or one down, any other doubled, True to False."""
    value = _number(node)
    if value is None:
        return
    assert isinstance(node, ast.expr)
    if isinstance(value, bool):
        yield _whole(source, node, f"{value} to {not value}", str(not value))
    elif isinstance(value, int):
        for other in (value + 1, value - 1):
            yield _whole(source, node, f"{value} to {other}", str(other))
    else:
        yield _whole(source, node, f"{value:g} to {2 * value:g}", repr(2 * value))


def names(source: Source, node: ast.AST) -> Iterator[Change]:
    """`sum` to `mean`, `max` to `min`, `tril` to `triu`: where it is called."""
    if isinstance(node, ast.Call):
        called = node.func
        old = called.attr if isinstance(called, ast.Attribute) else source.text(called)
        for new in SWAPPED_NAMES.get(old, ()):
            # A bare name would be none: only builtins are known without an import.
            if isinstance(called, ast.Attribute) or new in BUILTINS:
                end = source.end(called)
                yield f"{old} to {new}", end - len(old), end, new
        if old == "softmax":
            yield _whole(source, node, "softmax to sigmoid", _sigmoid(source, node, called))


def calls(source: Source, node: ast.AST) -> Iterator[Change]:
    """A step that was forgotten: `.transpose(1, 2)`, `torch.sqrt(x)`, `.mT`."""
    if isinstance(node, ast.Attribute) and node.attr in TRANSPOSES:
        yield _whole(source, node, f"{node.attr} dropped", source.atom(node.value))
    if not isinstance(node, ast.Call):
        return
    called = node.func
    name = called.attr if isinstance(called, ast.Attribute) else source.text(called)
    if name not in DROPPED_CALLS:
        return
    inner = node.args[0] if node.args else None
    if isinstance(called, ast.Attribute) and not _is_library(called.value):
        inner = called.value
    if inner is not None and not isinstance(inner, ast.Starred):
        yield _whole(source, node, f"{name} dropped", source.atom(inner))


def arguments(source: Source, node: ast.AST) -> Iterator[Change]:
    """A keyword that was forgotten, a mask one off, the two sides of `where` exchanged."""
    if not isinstance(node, ast.Call):
        return
    for keyword in node.keywords:
        if keyword.arg and keyword.arg not in KEPT_KEYWORDS:
            yield _without(source, node, keyword)
    name = node.func.attr if isinstance(node.func, ast.Attribute) else source.text(node.func)
    if name in ("tril", "triu") and not node.keywords and source.text(node).count(",") == 0:
        at = source.end(node) - 1
        comma = ", " if node.args else ""
        yield "diagonal one off", at, at, f"{comma}{-1 if name == 'tril' else 1}"
    if name == "range" and node.args and _number(node.args[-1]) is None:
        last = node.args[min(len(node.args), 2) - 1]
        yield _whole(source, last, "range one short", f"{source.text(last)} - 1")
    if name == "where" and len(node.args) == 3:  # noqa: PLR2004 - where(condition, a, b)
        first, second = node.args[1:]
        swapped = f"{source.text(second)}, {source.text(first)}"
        yield "sides of where exchanged", source.start(first), source.end(second), swapped
    if name in ("matmul", "mm", "bmm") and node.args:
        last = node.args[-1]
        yield _whole(source, last, "transposed right side", f"{source.atom(last)}.mT")


def slices(source: Source, node: ast.AST) -> Iterator[Change]:
    """A computed bound of a slice, one off."""
    if isinstance(node, ast.Slice):
        for bound in (node.lower, node.upper):
            if bound is not None and _number(bound) is None:
                yield _whole(source, bound, "bound one off", f"{source.text(bound)} + 1")


def statements(source: Source, node: ast.AST) -> Iterator[Change]:
    """A statement that was forgotten; `+=` to `=`; the two parts of a result exchanged."""
    match node:
        case ast.Expr(value=ast.Call()) | ast.Raise() | ast.Break() | ast.Continue():
            yield _whole(source, node, "statement dropped", "pass")
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]) | ast.Delete():
            yield _whole(source, node, "statement dropped", "pass")
        case ast.AugAssign(target=target, op=op, value=value):
            yield _whole(source, node, "statement dropped", "pass")
            if pair := ARITHMETIC.get(type(op)):
                yield from _between(source, target, value, f"{pair[0]}=", f"{pair[1]}=")
            op_text = source.data[source.end(target) : source.start(value)].decode()
            if found := re.search(r"\S+=", op_text):
                at = source.end(target) + found.start()
                yield f"{found[0]} to =", at, at + len(found[0]), "="
        case ast.Return(value=ast.Tuple(elts=[first, second])):
            swapped = f"{source.text(second)}, {source.text(first)}"
            yield "results exchanged", source.start(first), source.end(second), swapped
        case ast.With(items=[item]) if item.optional_vars is None:
            start, end = source.start(node), source.end(item.context_expr)
            yield "context dropped", start, end, "if True"


OPERATORS: tuple[Operator, ...] = (
    arithmetic,
    signs,
    comparisons,
    conditions,
    constants,
    names,
    calls,
    arguments,
    slices,
    statements,
)


def _whole(source: Source, node: ast.expr | ast.stmt, what: str, text: str) -> Change:
    return what, source.start(node), source.end(node), text


def _between(
    source: Source, left: ast.expr, right: ast.expr, old: str, new: str
) -> Iterator[Change]:
    """Exchange the operator between two sides."""
    start = source.end(left)
    gap = source.data[start : source.start(right)].decode()
    found = re.search(rf"(?<![^\s)]){re.escape(old)}(?![=<>*/])", gap) or re.search(
        re.escape(old), gap
    )
    if found:
        at = start + len(gap[: found.start()].encode())
        yield f"{old} to {new}", at, at + len(old), new


def _number(node: ast.AST) -> float | bool | None:
    """The value of a number as it is written, with its sign; True and False too."""
    match node:
        case ast.Constant(value=bool() | int() | float() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
    return None


def _turned_elsewhere(test: ast.expr) -> bool:
    """Whether another operator turns a condition: `not a` to `a`, `a == b` to `a != b`."""
    if isinstance(test, ast.Compare):
        return isinstance(test.ops[0], ast.Eq | ast.NotEq | ast.Is | ast.IsNot | ast.In | ast.NotIn)
    return isinstance(test, ast.UnaryOp)


def _is_library(node: ast.expr) -> bool:
    """Whether `x.f(...)` is a function of a module, `torch.f(...)`, and no method of a value."""
    modules = ("torch", "F", "np", "math", "nn", "functional", "linalg", "dist")
    return ast.unparse(node).rpartition(".")[2] in modules


def _sigmoid(source: Source, node: ast.Call, called: ast.expr) -> str:
    if isinstance(called, ast.Attribute) and not _is_library(called.value):
        return f"{source.atom(called.value)}.sigmoid()"
    return f"torch.sigmoid({source.text(node.args[0])})" if node.args else "torch.sigmoid()"


def _without(source: Source, call: ast.Call, keyword: ast.keyword) -> Change:
    """Take a keyword out of a call, with the comma before it, or behind it if it is the first."""
    start, end = source.start(keyword), source.end(keyword)
    before = source.data[source.end(call.func) : start].rstrip()
    if before.endswith(b","):
        start = source.end(call.func) + len(before) - 1
    else:
        behind = source.data[end : source.end(call)]
        comma = re.match(rb"\s*,\s*", behind)
        end += comma.end() if comma else 0
    return f"{keyword.arg} dropped", start, end, ""
