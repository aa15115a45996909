"""The colours of code, for light and dark pages: what `web/static/web/code.css` is made of."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pygments.formatters import HtmlFormatter
from pygments.style import Style
from pygments.styles.gh_dark import GhDarkStyle
from pygments.styles.xcode import XcodeStyle
from pygments.token import Error, Token, _TokenType

CODE_CSS = Path(__file__).resolve().parents[1] / "static" / "web" / "code.css"
_HEAD = "/* Generated: python -m web.rendering */\n"


class Light(Style):
    """Dark letters on white. What is not Python (a magic of a notebook, say) is left uncoloured."""

    background_color = "#ffffff"
    styles: ClassVar[dict[_TokenType, str]] = {**XcodeStyle.styles, Token: "#000000", Error: ""}


class Dark(Style):
    """Light letters on nearly black."""

    background_color = GhDarkStyle.background_color
    styles: ClassVar[dict[_TokenType, str]] = {**GhDarkStyle.styles, Error: ""}


def code_css() -> str:
    """Light colours first; dark ones where the system or the page asks for them."""
    dark_by_system = _rules(Dark, ":root:not([data-bs-theme=light]) .code")
    return "\n".join(
        [
            _HEAD + _rules(Light, ".code"),
            "@media (prefers-color-scheme: dark) {\n" + dark_by_system + "}",
            _rules(Dark, "[data-bs-theme=dark] .code"),
        ]
    )


def _rules(style: type[Style], selector: str) -> str:
    """One rule a line, without the parts that Pygments adds for its own line numbers."""
    formatter: HtmlFormatter[str] = HtmlFormatter(style=style)
    rules = str(formatter.get_style_defs([selector]))  # type: ignore[no-untyped-call]
    lines = [line for line in rules.splitlines() if line.startswith(f"{selector} ")]
    return "".join(f"{line.partition(' /*')[0]}\n" for line in lines if ".hll" not in line)
