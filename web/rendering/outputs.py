"""What the cells of a notebook printed and displayed, from JSON that may hold anything."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from web.rendering.budget import Budget
from web.rendering.formulas import render_formula
from web.rendering.markdown import render_markdown
from web.rendering.pictures import BITMAPS, bitmap_address, svg_address
from web.rendering.sanitising import clean_html, text_of
from web.rendering.text import is_blank, notice, printable, shorten, terminal_text

MAX_TEXT = 20_000
MAX_HTML = 200_000
MAX_ELEMENTS = 5_000
_TOO_LARGE = "The outputs of this notebook are too large for one page. Download it to see them all."
_UNSHOWABLE = "An output of this cell cannot be shown here. Download the notebook to see it."


def render_outputs(outputs: object, *, number: int, budget: Budget) -> SafeString:
    """Show the outputs of code cell `number`, in order."""
    if not isinstance(outputs, list):
        return SafeString("")
    parts: list[str] = []
    for output in outputs:
        html = _output(output, number, budget)
        if not budget.take("output", len(html)):
            parts.append(notice(_TOO_LARGE))
            break
        parts.append(html)
    return mark_safe("".join(parts))  # noqa: S308 - each part is a SafeString


def joined(value: object) -> str | None:
    """A text that the format allows to be one string or a list of lines; None for all else."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "".join(value)
    return value if isinstance(value, str) else None


def _output(output: object, number: int, budget: Budget) -> SafeString:
    if not isinstance(output, dict):
        return notice(_UNSHOWABLE)
    match output.get("output_type"):
        case "stream":
            kind = "error" if output.get("name") == "stderr" else "plain"
            return _text(joined(output.get("text")), kind)
        case "error":
            return _text(_traceback(output), "error")
        case "display_data" | "execute_result" | "update_display_data":
            return _bundle(output.get("data"), number, budget)
        case _:
            return notice(_UNSHOWABLE)


def _text(text: str | None, kind: str = "plain") -> SafeString:
    if text is None:
        return notice(_UNSHOWABLE)
    # Cut twice: escape sequences can make up nearly all of a text, and time to remove.
    shown = shorten(terminal_text(shorten(text, 10 * MAX_TEXT)), MAX_TEXT)
    return format_html('<pre class="output-text {}" tabindex="0">{}</pre>', kind, shown)


def _traceback(output: dict[str, Any]) -> str:
    frames = output.get("traceback")
    lines = frames if isinstance(frames, list) else []
    name, value = (joined(output.get(key)) or "" for key in ("ename", "evalue"))
    shown = "\n".join(line for line in lines if isinstance(line, str))
    return shown or f"{name}: {value}"


def _bundle(data: object, number: int, budget: Budget) -> SafeString:
    """The richest form of an output that can be shown safely."""
    if not isinstance(data, dict):
        return notice(_UNSHOWABLE)
    forms = {kind: text for kind, value in data.items() if (text := joined(value)) is not None}
    label = f"Output of code cell {number}"
    rules: dict[str, Callable[[str], SafeString | None]] = {
        "text/html": partial(_html, label=label, budget=budget),
        "image/svg+xml": partial(_svg, label=label),
        **{kind: partial(_bitmap, kind, label=label) for kind in BITMAPS},
        "text/latex": partial(_latex, budget=budget),
        "text/markdown": partial(_markdown, budget=budget),
        "text/plain": _text,
    }
    for kind, rule in rules.items():
        shown = rule(forms[kind]) if kind in forms else None
        if shown is not None:
            return shown
    return notice(_UNSHOWABLE)


def _html(html: str, *, label: str, budget: Budget) -> SafeString | None:
    """HTML that shows something once it is cleaned; a chart made of scripts, say, does not."""
    # The time that cleaning takes grows with the square of the depth, so elements are counted.
    elements = html.count("<")
    if len(html) > MAX_HTML or elements > MAX_ELEMENTS or not budget.take("elements", elements):
        return None
    clean = clean_html(printable(html))
    if is_blank(text_of(clean)) and "<img" not in clean:
        return None
    return format_html(
        '<div class="output-html wide" role="group" aria-label="{}" tabindex="0">{}</div>',
        label,
        mark_safe(clean),  # noqa: S308 - just cleaned
    )


def _picture(address: str | None, label: str) -> SafeString | None:
    if address is None:
        return None
    return format_html('<p class="output-picture"><img src="{}" alt="{}"></p>', address, label)


def _svg(text: str, *, label: str) -> SafeString | None:
    return _picture(svg_address(text), label)


def _bitmap(kind: str, text: str, *, label: str) -> SafeString | None:
    return _picture(bitmap_address(kind, text), label)


def _latex(text: str, *, budget: Budget) -> SafeString | None:
    if not budget.take("prose", len(text)):
        return None
    formula = render_formula(printable(text).strip().strip("$"), display=True)
    return format_html('<div class="output-formula wide" tabindex="0">{}</div>', formula)


def _markdown(text: str, *, budget: Budget) -> SafeString | None:
    if not budget.take("prose", len(text)):
        return None
    return format_html('<div class="prose">{}</div>', render_markdown(text))
