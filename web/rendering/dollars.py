"""A plugin for markdown-it: `$...$`, `$$...$$` and LaTeX environments become formula tokens.

As in pandoc, a single dollar opens a formula only before a character that is not a space, and
closes it only after one and not before a digit. So "$5 and $10" stays what it is.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

_INLINE = re.compile(
    r"\$\$(?P<display>(?:[^$\\]|\\.)++)\$\$"
    r"|\$(?![\s$])(?P<inline>(?:[^$\\]|\\.)++)(?<!\s)\$(?!\d)",
    re.DOTALL,
)
_ENVIRONMENT = re.compile(r"\\begin\{([a-z]{1,20}\*?)\}")
# Without a limit, a text of openings that nothing closes would be searched to its end for each.
_MAX_LINES = 200


def dollars_plugin(markdown: MarkdownIt) -> None:
    """Add the two rules. The tokens are `formula`; their `meta` says whether `display` is meant."""
    markdown.inline.ruler.before("escape", "formula", _inline)
    interrupts: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    markdown.block.ruler.before("fence", "formula", _block, interrupts)


def _inline(state: StateInline, silent: bool) -> bool:
    found = _INLINE.match(state.src, state.pos, state.posMax)
    if not found:
        return False
    if not silent:
        token = state.push("formula", "math", 0)
        token.content = found["display"] or found["inline"]
        token.meta = {"display": found["display"] is not None}
    state.pos = found.end()
    return True


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    found = _formula(state, start, min(end, start + _MAX_LINES))
    if found is None:
        return False
    latex, after = found
    if not silent:
        token = state.push("formula", "math", 0)
        token.content = latex
        token.meta = {"display": True, "block": True}
        token.map = [start, after]
        state.line = after
    return True


def _formula(state: StateBlock, start: int, end: int) -> tuple[str, int] | None:
    """The formula that begins with line `start`, and the line after it."""
    first = _line(state, start)
    environment = _ENVIRONMENT.match(first)
    if environment:
        opening, closing = "", f"\\end{{{environment[1]}}}"
    elif first.startswith("$$"):
        opening = closing = "$$"
    else:
        return None
    lines: list[str] = []
    for number in range(start, end):
        line = first.removeprefix(opening) if number == start else _line(state, number)
        lines.append(line)
        if closing in line:
            return _closed(lines, closing, kept=bool(environment), after=number + 1)
    return None


def _closed(lines: list[str], closing: str, *, kept: bool, after: int) -> tuple[str, int] | None:
    """The formula of these lines, unless text follows its end: then it is part of a paragraph."""
    inside, _, rest = "\n".join(lines).partition(closing)
    if rest.strip() or not inside.strip():
        return None
    return inside + closing * kept, after


def _line(state: StateBlock, number: int) -> str:
    if state.sCount[number] < state.blkIndent and not state.isEmpty(number):
        return ""
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]
