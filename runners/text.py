"""Makes text that student code produced harmless to store and to show."""

from __future__ import annotations

import unicodedata

_KEPT = frozenset("\n\t")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


def clean(text: str) -> str:
    """Drop control and direction characters, NUL and lone surrogates; keep line breaks and tabs.

    A terminal obeys escape sequences, a database refuses NUL, and a reader cannot see that a
    direction mark has turned a line around.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if _harmless(char) else "�" for char in text)


def _harmless(char: str) -> bool:
    return char in _KEPT or (unicodedata.category(char) not in ("Cc", "Cs") and char not in _BIDI)
