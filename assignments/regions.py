"""Solution regions in the master: what stands between the markers never reaches a student."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from assignments.definitions import Function, parse
from assignments.errors import Fault

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"
TODO = "# Your code here."

# Wider than the markers: one that is misspelt would hand out what stands below it.
_LIKE_A_MARKER = re.compile(r"#\s*(BEGIN|END)\s*SOLUTION", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Region:
    first: int
    """Index of the line of the BEGIN marker."""
    last: int
    indent: str


def without_solution(path: str, source: str, faults: list[Fault]) -> str:
    """Replace every region by what a student starts from. Faults are added to the list."""
    before = len(faults)
    lines = source.splitlines()
    regions = _regions(path, lines, faults)
    tree = parse(path, source.encode())
    if isinstance(tree, Fault):
        faults.append(tree)
    if len(faults) > before or isinstance(tree, Fault):
        return source
    for region in reversed(regions):
        lines[region.first : region.last + 1] = _placeholder(tree, region)
    result = "\n".join(lines) + "\n" if lines else ""
    if regions:
        _check_result(path, result, regions, faults)
    return result


def without_markers(source: str) -> str:
    """Drop the marker lines alone: the solution as a person would have written it."""
    kept = [line for line in source.splitlines() if line.strip() not in (BEGIN, END)]
    return "\n".join(kept) + "\n" if kept else ""


def solution_lines(source: str) -> set[int]:
    """The numbers of the lines, from 1, that a student has to write."""
    regions = _regions("", source.splitlines(), [])
    return {line for region in regions for line in range(region.first + 2, region.last + 1)}


def _regions(path: str, lines: list[str], faults: list[Fault]) -> list[_Region]:
    regions: list[_Region] = []
    opened: int | None = None
    for index, line in enumerate(lines):
        marker = line.strip()
        place = f"{path}:{index + 1}"
        if marker == BEGIN:
            if opened is not None:
                message = f"opens a region inside the one of line {opened + 1}."
                faults.append(Fault(place, "", message, f"Close the first with '{END}'."))
            opened = index
        elif marker == END:
            if opened is None:
                message = "closes a region that was never opened."
                faults.append(Fault(place, "", message, f"Write '{BEGIN}' above it."))
            else:
                begin = lines[opened]
                indent = begin[: len(begin) - len(begin.lstrip())]
                regions.append(_Region(opened, index, indent))
            opened = None
        elif _LIKE_A_MARKER.search(line):
            message = f"looks like a marker but is not one: {marker!r}."
            faults.append(Fault(place, "", message, f"Write '{BEGIN}' or '{END}' on its own line."))
    if opened is not None:
        place = f"{path}:{opened + 1}"
        message = "opens a region that is never closed."
        faults.append(Fault(place, "", message, f"Write '{END}' below it."))
    return regions


def _placeholder(tree: ast.Module, region: _Region) -> list[str]:
    """Choose what stands in a region's place.

    Inside a function: the comment and `raise NotImplementedError`. Elsewhere a raise would keep
    the whole module from being imported, so a class gets `pass` and a module the comment alone.
    """
    holder = _holder(tree, region, tree)
    comment = region.indent + TODO
    if isinstance(holder, Function):
        return [comment, f"{region.indent}raise NotImplementedError"]
    if isinstance(holder, ast.ClassDef):
        return [comment, f"{region.indent}pass"]
    return [comment]  # also for a region without a statement, which hides nothing


def _holder(node: ast.AST, region: _Region, holder: ast.AST) -> ast.AST | None:
    """Find what the region's first statement belongs to: a function, a class or the module."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt) and region.first < child.lineno - 1 < region.last:
            return holder
        inner = child if isinstance(child, Function | ast.ClassDef) else holder
        if found := _holder(child, region, inner):
            return found
    return None


def _check_result(path: str, result: str, regions: list[_Region], faults: list[Fault]) -> None:
    place = f"{path}:{regions[0].first + 1}"
    parsed = parse(path, result.encode())
    if isinstance(parsed, Fault):
        message = f"leaves no valid Python without its solution ({parsed.message})"
        faults.append(Fault(place, "", message, "Move the markers inside one function's body."))
    elif not [n for n in parsed.body if not _is_docstring(n)]:
        message = "leaves an empty file without its solution."
        remedy = "Keep the signatures and imports outside of the markers."
        faults.append(Fault(place, "", message, remedy))


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
