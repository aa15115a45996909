"""What people type, in the few characters that the readers know."""

from __future__ import annotations

import re
import unicodedata

MAX_TEXT = 2_000
# Signs that a keyboard or a word processor puts in the place of a plain one.
_SIGNS = {
    "\u2010": "-",  # hyphen
    "\u2011": "-",  # hyphen that does not break
    "\u2012": "-",  # figure dash
    "\u2013": "-",  # en dash
    "\u2212": "-",  # minus
    "\u00d7": "*",  # times
    "\u00b7": "*",  # middle dot
    "\u22c5": "*",  # dot operator
    "\u2217": "*",  # asterisk operator
    "\u00f7": "/",  # division
    "\u2044": "/",  # fraction slash
    "\u2215": "/",  # division slash
    "\u03bc": "\u00b5",  # the letter mu, for micro
}
_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-", strict=True))
_RAISED_RUN = re.compile(f"[{''.join(_RAISED)}]+")
_WIDE = range(0xFF01, 0xFF5F)
_WIDE_OFFSET = 0xFEE0


def storable(text: str) -> str:
    """What was typed, on one line and without what no reader and no database wants."""
    kept = (" " if unicodedata.category(char) in ("Cc", "Cs") else char for char in text[:MAX_TEXT])
    return "".join(kept).strip()


def plain(text: str) -> str:
    """Write typed text with plain signs and single spaces: `10⁹` is `10^9`, a full-width 2 a 2.

    Only what can be meant in one way is replaced; every other strange character stays to be seen.
    """
    # What is longer than any answer is cut, and still too long for whoever reads on.
    text = text[:MAX_TEXT]
    raised = _RAISED_RUN.sub(lambda run: "^" + "".join(_RAISED[c] for c in run.group()), text)
    return " ".join("".join(map(_plain_sign, raised)).split())


def _plain_sign(char: str) -> str:
    if ord(char) in _WIDE:
        return chr(ord(char) - _WIDE_OFFSET)
    return _SIGNS.get(char, char)


def greek_by_name(text: str) -> str:
    """Write each Greek letter by its name: Ψ is `Psi`, ψ is `psi`. λ is `lam`, as in Python."""
    return "".join(_letter_name(char) for char in text)


def _letter_name(char: str) -> str:
    case, _, name = unicodedata.name(char, "").partition(" LETTER ")
    if case not in ("GREEK CAPITAL", "GREEK SMALL") or not name.isalpha():
        return char
    spelt = name.replace("LAMDA", "LAM").lower()
    return spelt.capitalize() if case == "GREEK CAPITAL" else spelt
