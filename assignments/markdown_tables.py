"""Tables in Markdown, out of texts that may hold anything."""

from __future__ import annotations

import html
from collections.abc import Sequence
from decimal import Decimal

_SPECIAL = "\\`*_[]|$"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that are Markdown already."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def escaped(text: str) -> str:
    """A text as it reads, on one line: nothing of it is Markdown or HTML."""
    plain = html.escape(" ".join(text.split()), quote=False)
    return "".join(f"\\{char}" if char in _SPECIAL else char for char in plain)


def code(text: str) -> str:
    """A piece of a program, for a cell."""
    line = " ".join(text.split()).replace("|", "\\|")
    return f"`` {line} ``" if "`" in line else f"`{line}`"


def number(value: Decimal) -> str:
    """A number without needless zeros."""
    return f"{value.normalize():f}"
