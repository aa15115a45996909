"""All mutations of a solution: every mistake that the operators know, inside solution regions."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from assignments.mutation.edits import Mutation, Source
from assignments.mutation.operators import OPERATORS, Change
from assignments.regions import solution_lines


def candidates(solution: Mapping[str, bytes]) -> list[Mutation]:
    """Every mutation that gives another program, in the order of files and lines."""
    found: list[Mutation] = []
    for name in sorted(solution):
        if name.endswith(".py"):
            found += _of_file(Source(name, solution[name]))
    return found


def _of_file(source: Source) -> Iterator[Mutation]:
    inside = solution_lines(source.data.decode())
    seen = {ast.dump(source.tree)}
    ids: Counter[str] = Counter()
    for node in sorted(_nodes(source.tree), key=_place):
        if node.lineno not in inside:
            continue
        for change in (change for operator in OPERATORS for change in operator(source, node)):
            mutation = _mutation(source, change)
            tree = _parsed(mutation.apply(source.data))
            # Two operators may make the same mistake, and some text is no program.
            if tree is not None and tree not in seen:
                seen.add(tree)
                ids[mutation.id] += 1
                again = f" ({ids[mutation.id]})" if ids[mutation.id] > 1 else ""
                yield replace(mutation, operator=mutation.operator + again)


def _mutation(source: Source, change: Change) -> Mutation:
    what, start, end, text = change
    line = source.data.count(b"\n", 0, start) + 1
    column = start - (source.data.rfind(b"\n", 0, start) + 1)
    return Mutation(source.name, line, column, what, start, end, text)


def _parsed(source: bytes) -> str | None:
    try:
        return ast.dump(ast.parse(source))
    except SyntaxError:
        return None


def _nodes(tree: ast.Module) -> Iterator[ast.expr | ast.stmt]:
    """The nodes where a mistake would show: no annotation, no text, nothing that words an error."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.expr | ast.stmt):
            yield node
        waiting += _inner(node)


def _inner(node: ast.AST) -> list[ast.AST]:
    match node:
        case ast.JoinedStr() | ast.Raise() | ast.arg() | ast.Call(func=ast.Name(id="print")):
            return []
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
            return []  # the sign is part of the number
        case ast.AnnAssign(value=value):
            return [value] if value else []
        case ast.Assert(test=test):
            return [test]
        case ast.FunctionDef(args=args, body=body):
            return [args, *body]
        case _:
            return list(ast.iter_child_nodes(node))


def _place(node: ast.expr | ast.stmt) -> tuple[int, int, int, int]:
    return node.lineno, node.col_offset, -(node.end_lineno or 0), -(node.end_col_offset or 0)
