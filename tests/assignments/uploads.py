"""Archives and notebooks as bytes, honest and crafted."""

from __future__ import annotations

import io
import json
import struct
import tarfile
import zipfile
from typing import Any

SOURCES = {"question1.py": b"def add(a, b=0): ...\n", "question2.py": b"def double(x): ...\n"}


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An ordinary zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return buffer.getvalue()


def zip_entry(name: str, *, mode: int, data: bytes = b"x") -> bytes:
    """A zip of one entry with Unix file mode."""
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, data)
    return buffer.getvalue()


def with_flag(archive: bytes, flag: int) -> bytes:
    """Set a general purpose flag in every header of a zip."""
    data = bytearray(archive)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(signature)
        while at >= 0:
            data[at + offset] |= flag
            at = data.find(signature, at + 1)
    return bytes(data)


def overlapping(name1: str, name2: str, body: bytes) -> bytes:
    """A zip whose two central entries share one local file."""
    plain = zipped({name1: body}, zipfile.ZIP_STORED)
    start = plain.index(b"PK\x01\x02")
    end = plain.index(b"PK\x05\x06")
    entry = plain[start:end]
    second = entry.replace(name1.encode(), name2.encode())
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, len(entry) * 2, start, 0)
    return plain[:start] + entry + second + tail


def tarred(
    members: list[tuple[tarfile.TarInfo | str, bytes]],
    *,
    mode: str = "gz",
    style: int = tarfile.PAX_FORMAT,
) -> bytes:
    """A tar; a member is a name or a whole header."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=f"w:{mode}", format=style) as archive:  # type: ignore[call-overload]
        for member, data in members:
            info = member if isinstance(member, tarfile.TarInfo) else tarfile.TarInfo(member)
            info.size = len(data) if info.isreg() else 0
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    """A tar header of a link or a device."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def code(source: Any, **more: Any) -> dict[str, Any]:
    """A code cell."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": "same",
        "metadata": {},
        "outputs": [],
        "source": source,
        **more,
    }


def markdown(source: str) -> dict[str, Any]:
    """A markdown cell."""
    return {"cell_type": "markdown", "id": "same", "metadata": {}, "source": source}


def notebook(*cells: dict[str, Any], **more: Any) -> bytes:
    """A notebook of the current format."""
    return json.dumps(
        {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}
    ).encode()


def notebook3(*cells: dict[str, Any]) -> bytes:
    """A notebook of format 3."""
    sheet = {"cells": list(cells), "metadata": {}}
    return json.dumps(
        {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [sheet]}
    ).encode()


def code3(source: Any) -> dict[str, Any]:
    """A code cell of format 3."""
    return {
        "cell_type": "code",
        "collapsed": False,
        "input": source,
        "language": "python",
        "metadata": {},
        "outputs": [{"output_type": "stream", "stream": "stdout", "text": "x" * 10_000}],
    }
