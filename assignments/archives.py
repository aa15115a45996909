"""Zip and tar.gz archives made by strangers, read in memory. Nothing is ever extracted to disk.

Reads an archive's bytes, gives a mapping from name to bytes, or raises `UploadRejected`.
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator

from assignments.errors import UploadRejected
from assignments.gathering import MAX_ENTRIES, Gathering, too_big, too_many_entries
from assignments.names import shown
from assignments.tars import read_tar

ARCHIVE_SUFFIXES = (".zip", ".tar.gz", ".tgz", ".tar")
FOREIGN_SUFFIXES = (".rar", ".7z", ".gz", ".bz2", ".xz", ".zst")

_CHUNK = 64 * 1024
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_CENTRAL_SIGNATURE = b"PK\x01\x02"
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
# What the zip reader raises on bytes that are no sound archive.
_BROKEN = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


def is_archive(name: str) -> bool:
    """Whether a file's name says that it is an archive which can be read here."""
    return name.lower().endswith(ARCHIVE_SUFFIXES)


def unpack(name: str, data: bytes, max_bytes: int) -> dict[str, bytes]:
    """Read an archive's files into memory, at most `max_bytes` of them."""
    source = shown(name)
    gathering = Gathering(source, max_bytes)
    if name.lower().endswith(".zip"):
        _unpack_zip(source, data, gathering)
    elif name.lower().endswith(".tar"):
        read_tar(source, data, gathering)
    else:
        read_tar(source, _gunzip(source, data, max_bytes), gathering)
    return gathering.files


def _broken(source: str, kind: str) -> UploadRejected:
    return UploadRejected(
        f"{source} is broken or is not a {kind} archive: pack your files again and check that the "
        "archive opens on your own machine."
    )


def _unpack_zip(source: str, data: bytes, gathering: Gathering) -> None:
    # The zip reader builds an object for each entry before anybody can count them, so the
    # signatures that it will look for are counted first.
    if data.count(_CENTRAL_SIGNATURE) > MAX_ENTRIES:
        raise too_many_entries(source)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _refuse_overlaps(source, data, archive)
            for info in archive.infolist():
                name = gathering.admit(info.orig_filename)
                if name is not None and not info.is_dir():
                    _refuse_special(source, info)
                    gathering.add(name, _zip_chunks(archive, info))
    except _BROKEN as error:
        raise _broken(source, "zip") from error


def _zip_chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(info) as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _refuse_special(source: str, info: zipfile.ZipInfo) -> None:
    name = shown(info.filename)
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise UploadRejected(
            f"{source} holds {name!r}, which is a link: put the file itself in its place."
        )
    if kind not in (0, stat.S_IFREG):
        raise UploadRejected(
            f"{source} holds {name!r}, which is a device and not a file: leave it out."
        )
    if info.flag_bits & _ENCRYPTED:
        raise UploadRejected(
            f"{source} is protected by a password ({name!r} cannot be read): pack it again "
            "without one."
        )
    if info.compress_type not in _METHODS:
        raise UploadRejected(
            f"{source} packs {name!r} with an unusual compression: pack it again with the compress "
            "function of your system."
        )


def _refuse_overlaps(source: str, data: bytes, archive: zipfile.ZipFile) -> None:
    """Refuse entries that share bytes: no honest tool writes them, the best zip bombs need them."""
    end = 0
    for info in sorted(archive.infolist(), key=lambda entry: entry.header_offset):
        start = info.header_offset
        header = _LOCAL_HEADER.unpack_from(data, start)
        if start < end:
            raise UploadRejected(
                f"{source} is packed in a way that no usual tool uses ({shown(info.filename)!r} "
                "overlaps another file): pack it again with the compress function of your system."
            )
        end = start + _LOCAL_HEADER.size + header[-2] + header[-1] + info.compress_size


def _gunzip(source: str, data: bytes, max_bytes: int) -> bytes:
    # Room for what a tar adds to its files: a header and padding for each entry.
    limit = max_bytes + (MAX_ENTRIES + 1) * 3 * 512
    stream = zlib.decompressobj(wbits=31)
    try:
        tar = stream.decompress(data, limit)
        if stream.unconsumed_tail:
            raise too_big(source, max_bytes)
    except zlib.error as error:
        raise _broken(source, "tar.gz") from error
    if not stream.eof or stream.unused_data.strip(b"\0"):
        raise _broken(source, "tar.gz")
    return tar
