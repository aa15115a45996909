"""A reader of tar archives that strangers made: plain files only, each byte looked at once.

The standard library's reader is built to be complete. It follows offsets backwards, recurses
through headers and matches patterns over whole records, and has hung on crafted archives because
of each. This one only ever moves forward.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from assignments.errors import UploadRejected
from assignments.gathering import Gathering
from assignments.names import shown

_BLOCK = 512
_MAX_HEADER = 64 * 1024
_LINKS = b"12"
_DEVICES = b"346"
_FILES = b"0\x007"
_FOLDER = b"5"
_LONG_NAME = b"L"
_LONG_LINK = b"K"
_PAX = b"x"
_PAX_GLOBAL = b"g"


@dataclass(frozen=True, slots=True)
class _Header:
    name: str
    size: int
    kind: bytes


def read_tar(source: str, data: bytes, gathering: Gathering) -> None:
    """Hand every plain file of a tar to the gathering."""
    position, long_name = 0, ""
    while position + _BLOCK <= len(data):
        block = data[position : position + _BLOCK]
        if not block.strip(b"\0"):
            return
        header = _parse(source, block)
        start, position = position + _BLOCK, _after(position, header.size)
        if start + header.size > len(data):
            _broken(source)
        body = memoryview(data)[start : start + header.size]
        if header.kind in (_LONG_NAME, _PAX):
            long_name = _long_name(source, header, body) or long_name
        elif header.kind not in (_LONG_LINK, _PAX_GLOBAL):
            _take(
                source, _Header(long_name or header.name, header.size, header.kind), body, gathering
            )
            long_name = ""
    if position == 0 or long_name or data[position:].strip(b"\0"):
        _broken(source)


def _after(position: int, size: int) -> int:
    return position + _BLOCK + -(-size // _BLOCK) * _BLOCK


def _take(source: str, header: _Header, body: memoryview, gathering: Gathering) -> None:
    name = gathering.admit(header.name)
    if name is None or header.kind == _FOLDER or header.name.endswith("/"):
        return
    if header.kind in _LINKS:
        raise UploadRejected(
            f"{source} holds {shown(name)!r}, which is a link: put the file itself in its place."
        )
    if header.kind in _DEVICES:
        raise UploadRejected(
            f"{source} holds {shown(name)!r}, which is a device and not a file: leave it out."
        )
    if header.kind not in _FILES:
        raise UploadRejected(
            f"{source} holds {shown(name)!r} in a form that cannot be read: pack it again with "
            "'tar czf', or make a .zip."
        )
    gathering.add(name, (bytes(body),))


def _parse(source: str, block: bytes) -> _Header:
    # The checksum counts its own field as blanks.
    if sum(block[:148]) + 8 * 0x20 + sum(block[156:]) != _octal(source, block[148:156]):
        _broken(source)
    name = _text(source, block[:100])
    if block[257:262] == b"ustar" and (prefix := _text(source, block[345:500])):
        # Old GNU headers keep times where the prefix belongs; only POSIX ones have it.
        name = f"{prefix}/{name}" if block[257:263] == b"ustar\0" else name
    return _Header(name, _octal(source, block[124:136]), block[156:157])


def _octal(source: str, field: bytes) -> int:
    digits = field.strip(b" \0")
    if not digits:
        return 0
    if digits.strip(b"01234567"):
        _broken(source)
    return int(digits, 8)


def _text(source: str, field: bytes) -> str:
    return _decoded(source, field.partition(b"\0")[0])


def _decoded(source: str, name: bytes) -> str:
    try:
        return name.decode()
    except UnicodeDecodeError:
        raise UploadRejected(
            f"{source} holds a file whose name is not UTF-8: rename the file and pack again."
        ) from None


def _long_name(source: str, header: _Header, body: memoryview) -> str:
    if header.size > _MAX_HEADER:
        _broken(source)
    if header.kind == _LONG_NAME:
        return _text(source, bytes(body))
    return _pax_path(source, bytes(body))


def _pax_path(source: str, body: bytes) -> str:
    """Find `path` among records of the form `length key=value newline`."""
    path = ""
    while body.strip(b"\0"):
        length, blank, _ = body.partition(b" ")
        if not blank or len(length) > len(str(_MAX_HEADER)) or not length.isdigit():
            _broken(source)
        record, body = body[len(length) + 1 : int(length)], body[int(length) :]
        key, equals, value = record.removesuffix(b"\n").partition(b"=")
        if not equals or key == b"size" or key.startswith(b"GNU.sparse"):
            _broken(source)
        if key == b"path":
            path = _decoded(source, value)
    return path


def _broken(source: str) -> NoReturn:
    raise UploadRejected(
        f"{source} is broken or is not a tar archive: pack your files again and check that the "
        "archive opens on your own machine."
    )
