"""A filter for the sizes of files, in the decimal units that the limits are told in."""

from __future__ import annotations

from django import template

register = template.Library()
_KILO = 1_000
_MEGA = 1_000_000


@register.filter
def size(number: int) -> str:
    """Bytes as people say them: `812 bytes`, `2.3 kB`, `1 MB`."""
    if number < _KILO:
        return f"{number} byte{'' if number == 1 else 's'}"
    value, unit = (number / _KILO, "kB") if number < _MEGA else (number / _MEGA, "MB")
    return f"{value:.1f}".removesuffix(".0") + f"\N{NO-BREAK SPACE}{unit}"
