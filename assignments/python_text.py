"""Student Python as text: decoded by Python's own rules, never parsed.

Parsing is the guest's work: a crafted source can make a parser use all memory, and this side
serves other people too.
"""

from __future__ import annotations

import codecs
import re

from assignments.errors import UploadRejected

MAX_SOURCE_BYTES = 1_000_000
"""Of one file or cell, in UTF-8. The wire's longest string is longer, so whatever passes here can
be handed to a guest."""

# PEP 263: in one of the first two lines, and in the second only below a comment or blank line.
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]{1,64})")
_BLANK_OR_COMMENT = re.compile(rb"^[ \t\f]*(?:#.*)?$")
# A closed list: some of Python's codecs take quadratic time, and some are no text encodings.
_ENCODINGS = frozenset(
    {
        *("utf-8", "utf-8-sig", "ascii", "gbk", "gb2312", "gb18030", "big5", "big5hkscs"),
        *("euc_jp", "euc_kr", "shift_jis", "koi8-r", "mac-roman"),
        *(f"iso8859-{number}" for number in range(1, 17)),
        *(f"cp{number}" for number in range(1250, 1259)),
        *("cp437", "cp850", "cp932", "cp936", "cp949", "cp950"),
    }
)


def decode_python(name: str, data: bytes) -> str:
    """Decode a `.py` file as Python would, or say which line keeps it from being read."""
    encoding = _encoding(name, data)
    if encoding == "utf-8-sig":
        # Taken off here: its decoder counts from behind the mark, and names the wrong byte.
        encoding, data = "utf-8", data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UploadRejected(
            f"{name} is not valid {encoding.upper()} at line {line} (byte 0x"
            f"{data[error.start]:02x}): save the file with the encoding UTF-8 and upload again."
        ) from None
    check_source(text, name)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def check_source(text: str, place: str) -> None:
    """Refuse what no Python source can hold, and what is too long for a person to have written."""
    found = re.search("[\0\ud800-\udfff]", text)
    if found is not None:
        raise _impossible(text, place, found)
    if len(text.encode()) > MAX_SOURCE_BYTES:
        raise UploadRejected(
            f"{place} is longer than the {MAX_SOURCE_BYTES // 1_000_000} MB of Python that can be "
            "graded: put data into files of their own, or make them in the code, and upload again."
        )


def _impossible(text: str, place: str, found: re.Match[str]) -> UploadRejected:
    line = text.count("\n", 0, found.start()) + 1
    what = "a NUL character" if found[0] == "\0" else "half of a character (a lone surrogate)"
    return UploadRejected(
        f"{place} holds {what} in line {line}: delete that character, save as UTF-8 and upload "
        "again."
    )


def _encoding(name: str, data: bytes) -> str:
    bom = data.startswith(codecs.BOM_UTF8)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UploadRejected(
            f"{name} is saved as UTF-16, which Python cannot run: save the file with the encoding "
            "UTF-8 and upload again."
        )
    declared = _declared(data.removeprefix(codecs.BOM_UTF8))
    if declared is None:
        return "utf-8-sig" if bom else "utf-8"
    try:
        encoding = codecs.lookup(declared).name
    except LookupError:
        encoding = ""
    if encoding not in _ENCODINGS or (bom and encoding not in ("utf-8", "utf-8-sig")):
        raise UploadRejected(
            f"{name} declares the encoding {declared!r} in its first lines, which cannot be used "
            "here: delete that line, save the file as UTF-8 and upload again."
        )
    return "utf-8-sig" if bom else encoding


def _declared(data: bytes) -> str | None:
    first, second, *_ = (*data[:4096].splitlines()[:2], b"", b"")
    lines = (first, second) if _BLANK_OR_COMMENT.match(first) else (first,)
    for line in lines:
        if cookie := _COOKIE.match(line):
            return cookie[1].decode("ascii", "replace")
    return None
