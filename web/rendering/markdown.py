"""Markdown of strangers and of teachers as HTML: CommonMark, tables and formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from web.rendering.code import coloured
from web.rendering.dollars import dollars_plugin
from web.rendering.formulas import render_formula
from web.rendering.sanitising import clean_own, is_picture
from web.rendering.tables import tables_plugin
from web.rendering.text import notice, printable

MAX_CHARACTERS = 30_000
_LOWEST_HEADING = 6
_MAX_REFERENCE = 500


def render_markdown(
    text: str, *, first_heading: int = 1, pictures: Mapping[str, str] | None = None
) -> SafeString:
    """Show Markdown. HTML in it is shown as text, and a picture only where it is part of the text.

    first_heading: the level of "# Title" on the page, from 1; the others follow
    pictures: further pictures by address, as `data:` addresses; each is shown once
    """
    environment = {"first_heading": first_heading, "pictures": dict(pictures or {})}
    html = clean_own(_MARKDOWN.render(printable(text[:MAX_CHARACTERS]), environment))
    if len(text) > MAX_CHARACTERS:
        html += notice("The rest of this text is too long to be shown here. Download the file.")
    return mark_safe(html)  # noqa: S308 - cleaned two lines above


def render_line(text: str) -> SafeString:
    """Show Markdown that is part of a line: emphasis, code and formulas, no paragraphs."""
    environment = {"first_heading": 1, "pictures": {}}
    html = clean_own(_MARKDOWN.renderInline(printable(text[:MAX_CHARACTERS]), environment))
    return mark_safe(html)  # noqa: S308 - cleaned in the line above


def _drop_long_references(state: StateCore) -> None:
    """A short text can repeat the address and the title of one definition thousands of times."""
    references = state.env.get("references", {})
    for label, found in list(references.items()):
        if len(found["href"]) + len(found["title"]) > _MAX_REFERENCE:
            del references[label]


def _heading(
    _: RendererHTML, tokens: Sequence[Token], index: int, __: OptionsDict, env: dict[str, Any]
) -> str:
    token = tokens[index]
    level = min(_LOWEST_HEADING, int(token.tag[1]) + env["first_heading"] - 1)
    return f"<h{level}>" if token.nesting == 1 else f"</h{level}>\n"


def _picture(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: dict[str, Any],
) -> str:
    token = tokens[index]
    address = str(token.attrs.get("src", ""))
    # Each is shown once: a short text could ask for a large picture a thousand times.
    address = env["pictures"].pop(address, address)
    alternative = renderer.renderInlineAsText(token.children or [], options, env)
    if not is_picture(address):
        return format_html('<span class="missing">[picture not shown: {}]</span>', alternative)
    return format_html('<img src="{}" alt="{}">', address, alternative)


def _code(
    _: RendererHTML, tokens: Sequence[Token], index: int, __: OptionsDict, ___: dict[str, Any]
) -> str:
    token = tokens[index]
    language = token.info.split(maxsplit=1)[0] if token.info.strip() else "text"
    return format_html(
        '<pre class="code" tabindex="0"><code>{}</code></pre>\n', coloured(token.content, language)
    )


def _formula(
    _: RendererHTML, tokens: Sequence[Token], index: int, __: OptionsDict, ___: dict[str, Any]
) -> str:
    token = tokens[index]
    html = render_formula(token.content, display=token.meta["display"])
    if token.meta.get("block"):
        return f'<div class="wide" role="group" aria-label="Formula" tabindex="0">{html}</div>\n'
    return html


def _make() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    markdown.use(dollars_plugin).use(tables_plugin)
    markdown.core.ruler.after("block", "short_references", _drop_long_references)
    rules = {
        "code_block": _code,
        "fence": _code,
        "formula": _formula,
        "heading_close": _heading,
        "heading_open": _heading,
        "image": _picture,
    }
    for name, rule in rules.items():
        markdown.add_render_rule(name, rule)
    return markdown


_MARKDOWN = _make()
