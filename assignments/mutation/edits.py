"""One small change of a source file: where, what, and how it reads as a diff."""

from __future__ import annotations

import ast
import difflib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutation:
    """One mistake in one file: some bytes replaced by others."""

    file: str
    line: int
    column: int
    operator: str
    """What was done, in few words: `+ to -`."""
    start: int
    end: int
    """The replaced bytes of the file."""
    text: str

    @property
    def id(self) -> str:
        """Where and what: the same as long as nothing above it in the file changes."""
        return f"{self.file}:{self.line}:{self.column} {self.operator}"

    def apply(self, source: bytes) -> bytes:
        """Make the mistake."""
        return source[: self.start] + self.text.encode() + source[self.end :]

    def lines(self, source: bytes) -> tuple[str, str]:
        """The lines that differ, before and after, without their indentation."""
        first = source.count(b"\n", 0, self.start)
        last = source.count(b"\n", 0, max(self.end - 1, self.start))
        before = source.decode().split("\n")[first : last + 1]
        count = len(before) - source[self.start : self.end].count(b"\n") + self.text.count("\n")
        after = self.apply(source).decode().split("\n")[first : first + count]
        return _stripped(before), _stripped(after)

    def diff(self, source: bytes) -> str:
        """A unified diff with one line of context."""
        before = source.decode().splitlines(keepends=True)
        after = self.apply(source).decode().splitlines(keepends=True)
        return "".join(difflib.unified_diff(before, after, self.file, self.id, n=1))


def _stripped(lines: list[str]) -> str:
    return "\n".join(line.strip() for line in lines)


class Source:
    """A file of ours with the places of its nodes as offsets into its bytes."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.data = data
        self.tree = ast.parse(data)
        self._starts = [0]
        for line in data.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def start(self, node: ast.expr | ast.stmt | ast.keyword) -> int:
        """The offset of a node's first byte."""
        return self._starts[node.lineno - 1] + node.col_offset

    def end(self, node: ast.expr | ast.stmt | ast.keyword) -> int:
        """The offset behind a node's last byte."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._starts[node.end_lineno - 1] + node.end_col_offset

    def text(self, node: ast.expr | ast.stmt | ast.keyword) -> str:
        """A node as it is written."""
        return self.data[self.start(node) : self.end(node)].decode()

    def atom(self, node: ast.expr) -> str:
        """A node as it may stand anywhere: in parentheses if it is not of one piece."""
        whole = (ast.Name, ast.Constant, ast.Call, ast.Attribute, ast.Subscript, ast.List, ast.Dict)
        text = self.text(node)
        return text if isinstance(node, whole) or _is_enclosed(node, text) else f"({text})"


def _is_enclosed(node: ast.expr, text: str) -> bool:
    return isinstance(node, ast.Tuple) and text.startswith("(")
