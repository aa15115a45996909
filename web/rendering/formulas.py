"""Formulas in LaTeX as MathML, made on the server."""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from xml.etree.ElementTree import Element, tostring

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from latex2mathml.converter import Converter

from web.rendering.sanitising import clean_own

MAX_CHARACTERS = 2_000
# A macro that uses another one twice, and so on, is a small text with an endless expansion.
_DEFINITION = re.compile(
    r"\\(?:(?:re)?new|provide|declare)(?:command|environment|mathoperator)|\\[egx]?def\b|\\let\b",
    re.IGNORECASE,
)
_PLAIN_ENVIRONMENT = re.compile(r"\\(?:begin|end)\{(?:equation|displaymath|math)\*?\}")


def render_formula(latex: str, *, display: bool) -> SafeString:
    """Show a formula, in a line of its own if `display`. A broken one is shown as its source."""
    mathml = _mathml(latex, display=display)
    if mathml is None:
        return format_html('<code class="formula">{}</code>', latex)
    return mark_safe(clean_own(mathml))  # noqa: S308 - just cleaned


def _mathml(latex: str, *, display: bool) -> str | None:
    if len(latex) > MAX_CHARACTERS or _DEFINITION.search(latex):
        return None
    converter = Converter(display="block" if display else "inline")
    try:
        math = converter.convert_to_element(_PLAIN_ENVIRONMENT.sub("", latex))
        _finish(math)
        return tostring(math, encoding="unicode")
    except Exception:  # noqa: BLE001 - for broken formulas the library raises almost anything
        return None


def _finish(math: Element) -> None:
    """Turn references into characters, so that the text is escaped once and as a whole."""
    for element in math.iter():
        element.text = _letters(unescape(element.text or ""), element)


def _letters(text: str, element: Element) -> str:
    """Replace letters by those of a variant such as bold italic.

    MathML Core, and with it most browsers, knows `mathvariant="normal"` alone.
    """
    variant = element.get("mathvariant", "normal")
    if variant == "normal":
        return text
    return "".join(_letter(char, variant.replace("-", " ").upper()) for char in text)


def _letter(char: str, variant: str) -> str:
    name = unicodedata.name(char, "").replace("LETTER ", "").removeprefix("LATIN ")
    name = name.removeprefix("GREEK ")
    try:
        return unicodedata.lookup(f"MATHEMATICAL {variant} {name}")
    except KeyError:
        return char
