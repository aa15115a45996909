"""Filters that show Markdown, and one that looks into a mapping."""

from __future__ import annotations

from collections.abc import Mapping

from django import template
from django.utils.safestring import SafeString

from web.rendering import render_line, render_markdown

register = template.Library()
_BELOW_A_PROBLEM = 4


@register.filter
def markdown(text: str) -> SafeString:
    """A text below a heading of the page."""
    return render_markdown(text, first_heading=_BELOW_A_PROBLEM)


@register.filter
def markdown_line(text: str) -> SafeString:
    """A text within a line: no paragraphs, no headings."""
    return render_line(text)


@register.filter
def of(values: Mapping[str, str], key: str) -> str:
    """What stands under a key; empty when there is nothing."""
    return values.get(key, "")
