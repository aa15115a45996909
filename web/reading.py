"""A student's file as something to look at: a notebook, a text or code, by the end of its name."""

from __future__ import annotations

from pathlib import PurePosixPath

from django.utils.html import format_html
from django.utils.safestring import SafeString

from web.rendering import decode, render_code, render_markdown, render_notebook

_MARKDOWN = (".md", ".markdown")
_START = 8_192


def rendered(name: str, data: bytes) -> SafeString:
    """A fragment that is safe to show, whatever the file holds."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix == ".ipynb":
        return render_notebook(data)
    if b"\0" in data[:_START]:
        return format_html(
            '<p class="rendering-notice">{}</p>',
            "This file is no text, so it is not shown here. Download it to see what is in it.",
        )
    if suffix in _MARKDOWN:
        return render_markdown(decode(data))
    return render_code(decode(data), name=name)
