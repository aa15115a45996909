"""Drops what only a notebook understands: `%magics`, `!shell` lines, `?help`.

Guided by the compiler: a line is touched only where Python itself rejects it, so a `%` or `!`
inside a string or an expression stays as it is.
"""

from __future__ import annotations

import re

_LINE = re.compile(r"^(\s*)(?:[A-Za-z_][\w, ]*=\s*)?(%{1,2}[A-Za-z]|!|\?)|\?\s*$")
_KEEPS_BODY = frozenset({"%%time", "%%timeit", "%%capture", "%%prun"})


def drop_magics(source: str) -> tuple[str, list[str]]:
    """The source as Python, line for line, and the lines that were dropped."""
    lines = source.split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), None)
    dropped: list[str] = []
    if first is not None and lines[first].startswith("%%"):
        word = lines[first].split()[0]
        dropped.append(lines[first].strip())
        if word not in _KEEPS_BODY:
            return "\n" * (len(lines) - 1), dropped
        lines[first] = ""
    return _drop_lines(lines, dropped)


def _drop_lines(lines: list[str], dropped: list[str]) -> tuple[str, list[str]]:
    for _ in range(len(lines)):
        source = "\n".join(lines)
        try:
            compile(source, "<cell>", "exec", dont_inherit=True)
        except SyntaxError as error:
            number = (error.lineno or 0) - 1
            match = _LINE.search(lines[number]) if 0 <= number < len(lines) else None
            if match is None:
                return source, dropped
            dropped.append(lines[number].strip())
            lines[number] = f"{match.group(1) or ''}pass"
        except (ValueError, RecursionError, MemoryError, OverflowError):
            return source, dropped
        else:
            return source, dropped
    return "\n".join(lines), dropped
