"""Text of unknown origin, made fit to stand in HTML: decoded, without control characters, cut."""

from __future__ import annotations

import re
import unicodedata

from django.utils.html import format_html
from django.utils.safestring import SafeString

_ESCAPES = re.compile(
    r"\x1b(?:"
    r"\[[0-?]*+[ -/]*+[@-~]?"  # colours and movements of the cursor
    r"|[\]PX^_][^\x07\x1b]*+(?:\x07|\x1b\\)?"  # titles, links and the clipboard
    r"|[ -/]*+[0-Z\\^-~]?"
    r")"
)
_KEPT = "\t\n"
_CONTROLS = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in _KEPT}
_DELETE = {0x7F: "\N{SYMBOL FOR DELETE}"}
# Overrides and isolates of the writing direction can make code read as something else.
_UNSHOWABLE = [*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_SURROGATES = range(0xD800, 0xE000)
_REPLACED = dict.fromkeys([*_UNSHOWABLE, *_SURROGATES], "\N{REPLACEMENT CHARACTER}")
_VISIBLE = _CONTROLS | _DELETE | _REPLACED


def decode(data: bytes) -> str:
    """Read a file as UTF-8, with or without a byte order mark; other bytes become U+FFFD."""
    return data.decode("utf-8-sig", errors="replace")


def printable(text: str) -> str:
    r"""Make control characters visible, and end every line with "\n".

    What has no picture of its own (among it what turns the writing direction) becomes U+FFFD.
    """
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_VISIBLE)


def terminal_text(text: str) -> str:
    r"""Show what a terminal would: no escape sequences, and a line begun anew by "\r" once."""
    lines = _ESCAPES.sub("", text).split("\n")
    return printable("\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines))


def shorten(text: str, limit: int) -> str:
    """Keep about `limit` characters, half from the start and half from the end, and say so."""
    if len(text) <= limit:
        return text
    half = limit // 2
    left_out = len(text) - 2 * half
    return f"{text[:half]}\n\n[{left_out:,} characters are left out here]\n\n{text[-half:]}"


def is_blank(text: str) -> bool:
    """Whether a text shows nothing: white space and invisible characters alone."""
    return all(char.isspace() or unicodedata.category(char) == "Cf" for char in text)


def notice(sentence: str) -> SafeString:
    """A sentence of ours about what is not shown."""
    return format_html('<p class="rendering-notice">{}</p>', sentence)
