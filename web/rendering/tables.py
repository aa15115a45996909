"""A plugin for markdown-it: tables that scroll, without inline styles, and of bounded size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.html import escape
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock, table
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

# markdown-it fills short rows up with empty cells, so a small text could make huge tables.
MAX_CELLS = 5_000  # of all tables of a text
MAX_ROWS = 200


def tables_plugin(markdown: MarkdownIt) -> None:
    """Replace the rule for tables, and how they are written."""
    interrupts: RuleOptionsType = {"alt": ["paragraph", "reference"]}
    markdown.block.ruler.at("table", _bounded_table, interrupts)
    for name in ("table_open", "table_close"):
        markdown.add_render_rule(name, _table)
    for name in ("td_open", "th_open"):
        markdown.add_render_rule(name, _cell)


def _bounded_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """The library's rule; a table that is too large, or one too many, stays a paragraph."""
    if start + 1 >= end or not set(_line(state, start + 1)) <= set("|-: \t"):
        return False
    columns = max(_line(state, start).count("|"), _line(state, start + 1).count("|")) + 1
    last = min(end, start + MAX_ROWS + 1)
    rows = next((row for row in range(start, last) if state.isEmpty(row)), last) - start
    left = state.env.get("cells_left", MAX_CELLS)
    if rows > MAX_ROWS or columns * rows > left or not table(state, start, end, silent):
        return False
    if not silent:
        state.env["cells_left"] = left - columns * rows
    return True


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]


def _table(
    _: RendererHTML, tokens: Sequence[Token], index: int, __: OptionsDict, ___: dict[str, Any]
) -> str:
    if tokens[index].nesting == 1:
        return '<div class="wide" role="group" aria-label="Table" tabindex="0"><table>\n'
    return "</table></div>\n"


def _cell(
    _: RendererHTML, tokens: Sequence[Token], index: int, __: OptionsDict, ___: dict[str, Any]
) -> str:
    """The alignment becomes a class, since pages allow no inline style."""
    token = tokens[index]
    scope = ' scope="col"' if token.tag == "th" else ""
    alignment = str(token.attrs.get("style", "")).removeprefix("text-align:")
    css = f' class="to-{escape(alignment)}"' if alignment else ""
    return f"<{token.tag}{scope}{css}>"
