from __future__ import annotations

import gzip
import stat
import struct
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assignments.archives import unpack
from assignments.errors import UploadRejected
from tests.assignments.uploads import (
    SOURCES,
    overlapping,
    special,
    tarred,
    with_flag,
    zip_entry,
    zipped,
)

LIMIT = 100_000
GOOD_ZIP = zipped(SOURCES)
GOOD_TAR = tarred(list(SOURCES.items()), mode="")


def refusal(name: str, data: bytes) -> str:
    with pytest.raises(UploadRejected) as caught:
        unpack(name, data, LIMIT)
    return caught.value.message


LINK = "which is a link: put the file itself in its place."
DEVICE = "which is a device and not a file: leave it out."
AGAIN = "pack the files again from inside their folder."
INVISIBLE = "with an invisible or control character in its name: rename the file and upload again."
TOO_BIG = (
    "holds more than the 0.1 MB that this homework takes (counted unpacked): leave out data, "
    "models and outputs, and upload again."
)
TOO_MANY = (
    "holds more than 2,000 files and folders: upload only the files of this homework, without "
    "environments, data or version control."
)
CHECK = "pack your files again and check that the archive opens on your own machine."
NOT_ZIP = f"a.zip is broken or is not a zip archive: {CHECK}"

REFUSED: list[tuple[str, bytes, str]] = [
    ("a.zip", zip_entry("q.py", mode=stat.S_IFLNK | 0o777), f"a.zip holds 'q.py', {LINK}"),
    ("a.zip", zip_entry("q.py", mode=stat.S_IFCHR | 0o777), f"a.zip holds 'q.py', {DEVICE}"),
    ("a.tgz", tarred([(special("q", tarfile.SYMTYPE, "/etc"), b"")]), f"a.tgz holds 'q', {LINK}"),
    ("a.tgz", tarred([(special("q", tarfile.LNKTYPE, "/x"), b"")]), f"a.tgz holds 'q', {LINK}"),
    ("a.tgz", tarred([(special("q", tarfile.CHRTYPE), b"")]), f"a.tgz holds 'q', {DEVICE}"),
    ("a.tgz", tarred([(special("q", tarfile.FIFOTYPE), b"")]), f"a.tgz holds 'q', {DEVICE}"),
    (
        "a.zip",
        zipped({"../../etc/cron.d/x": b"x"}),
        f"a.zip holds '../../etc/cron.d/x', a path that leads out of the folder with '..': {AGAIN}",
    ),
    ("a.tgz", tarred([("/etc/x", b"")]), f"a.tgz holds the absolute path '/etc/x': {AGAIN}"),
    ("a.zip", zipped({"C:/x.py": b""}), f"a.zip holds the absolute path 'C:/x.py': {AGAIN}"),
    (
        "a.zip",
        zipped({"hw0\\q.py": b""}),
        (
            r"a.zip holds the name 'hw0\\q.py' with a backslash: pack the files again with the "
            "compress function of your system, or upload the files themselves."
        ),
    ),
    ("a.zip", zipped({f"{n}.txt": b"" for n in range(10_000)}), f"a.zip {TOO_MANY}"),
    ("a.tgz", tarred([(f"{n}.txt", b"") for n in range(2_001)]), f"a.tgz {TOO_MANY}"),
    ("a.zip", zipped({"x.txt": b"\0" * 100_000_000}), f"a.zip {TOO_BIG}"),
    ("a.tgz", tarred([("x.txt", b"\0" * 100_000_000)]), f"a.tgz {TOO_BIG}"),
    ("a.zip", zipped({"x.txt": b"x" * 60_000, "y.txt": b"y" * 60_000}), f"a.zip {TOO_BIG}"),
    (
        "a.zip",
        overlapping("q1.py", "q2.py", b"x" * 1000),
        (
            "a.zip is packed in a way that no usual tool uses ('q2.py' overlaps another file): "
            "pack "
            "it again with the compress function of your system."
        ),
    ),
    (
        "a.zip",
        with_flag(zipped({"q.py": b"x"}), 1),
        "a.zip is protected by a password ('q.py' cannot be read): pack it again without one.",
    ),
    (
        "a.zip",
        zipped({"q.py": b"x"}, zipfile.ZIP_LZMA),
        (
            "a.zip packs 'q.py' with an unusual compression: pack it again with the compress "
            "function "
            "of your system."
        ),
    ),
    (
        "a.zip",
        zipped({"q.py": b"1", "Q.py": b"2"}),
        (
            "a.zip holds 'q.py' and 'Q.py', which differ only in upper and lower case: keep one "
            "of the "
            "two and pack again."
        ),
    ),
    (
        "a.tgz",
        tarred([("q.py", b"1"), ("./q.py", b"2")]),
        "a.tgz holds 'q.py' twice: keep one of the two and pack again.",
    ),
    (
        "a.zip",
        zipped({"q\u202eyp.py": b""}),
        rf"a.zip holds a file named 'q\\u202eyp.py', {INVISIBLE}",
    ),
    ("a.tgz", tarred([("q\n.py", b"")]), rf"a.tgz holds a file named 'q\\n.py', {INVISIBLE}"),
    (
        "a.zip",
        zipped({"x" * 256: b""}),
        (
            f"a.zip holds a name that is too long, '{'x' * 80}…': give the file a name of at "
            f"most 255 "
            "bytes and upload again."
        ),
    ),
    ("a.zip", b"", NOT_ZIP),
    ("a.zip", b"hello", NOT_ZIP),
    ("a.zip", GOOD_ZIP[:-30], NOT_ZIP),
    ("a.zip", GOOD_ZIP.replace(b"\x03\x04", b"\x03\x05"), NOT_ZIP),
    ("a.tgz", b"hello", f"a.tgz is broken or is not a tar.gz archive: {CHECK}"),
    ("a.tgz", gzip.compress(GOOD_TAR)[:-9], f"a.tgz is broken or is not a tar.gz archive: {CHECK}"),
    ("a.tar.gz", gzip.compress(b"hello"), f"a.tar.gz is broken or is not a tar archive: {CHECK}"),
    ("a.tar", GOOD_TAR[:1100], f"a.tar is broken or is not a tar archive: {CHECK}"),
]


@pytest.mark.parametrize(
    ("name", "data", "message"), REFUSED, ids=[message[:50] for _, _, message in REFUSED]
)
def test_each_bad_archive_has_its_own_sentence(name: str, data: bytes, message: str) -> None:
    assert refusal(name, data) == message


def test_a_size_that_lies_is_not_believed() -> None:
    archive = bytearray(zipped({"x.txt": b"\0" * 1_000_000}))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = archive.index(signature) + offset
        archive[at : at + 4] = struct.pack("<L", 10)

    assert refusal("a.zip", bytes(archive)) == NOT_ZIP


@pytest.mark.parametrize("style", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_every_tar_dialect_is_read(style: int) -> None:
    folder = "f" * 90
    files = {"a.txt": b"1", f"{folder}/{'n' * 90}.txt": b"2" * 1500, "ä.txt": b""}

    assert unpack("a.tgz", tarred(list(files.items()), style=style), LIMIT) == files


def test_folders_and_junk_cost_nothing() -> None:
    folder = special("hw0/", tarfile.DIRTYPE)
    linked = special("hw0/.git/head", tarfile.SYMTYPE, "/etc/passwd")

    assert unpack("a.tgz", tarred([(folder, b""), (linked, b""), ("hw0/q.py", b"x")]), LIMIT) == {
        "hw0/q.py": b"x"
    }


def survives(name: str, data: bytes) -> None:
    """Unpacking gives files within the limit or refuses; nothing else may come out."""
    files: dict[str, bytes] = {}
    message = "A sentence."
    try:
        files = unpack(name, data, LIMIT)
    except UploadRejected as refused:
        message = refused.message
    assert "\n" not in message
    assert message.endswith(".")
    assert sum(map(len, files.values())) <= LIMIT


NAMES = st.sampled_from(["a.zip", "a.tar.gz", "a.tar"])


@given(name=NAMES, data=st.binary(max_size=2000))
def test_any_bytes_are_survived(name: str, data: bytes) -> None:
    survives(name, data)


MUTATIONS = st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 255)), max_size=8)


@given(changes=MUTATIONS, cut=st.integers(0, 40))
def test_damaged_zips_are_survived(changes: list[tuple[int, int]], cut: int) -> None:
    survives("a.zip", damaged(GOOD_ZIP, changes)[cut:])


@given(changes=MUTATIONS, cut=st.integers(0, 12_000))
def test_damaged_tars_are_survived(changes: list[tuple[int, int]], cut: int) -> None:
    data = damaged(GOOD_TAR, changes)[: len(GOOD_TAR) - cut]

    survives("a.tar", data)
    survives("a.tgz", gzip.compress(data, 1))


@given(body=st.binary(max_size=400))
def test_any_pax_record_is_survived(body: bytes) -> None:
    info = special("pax", tarfile.XHDTYPE)
    info.size = len(body)
    header = info.tobuf(tarfile.USTAR_FORMAT)
    padded = body.ljust(-(-len(body) // 512) * 512, b"\0")

    survives("a.tar", header + padded + GOOD_TAR)


def damaged(data: bytes, changes: list[tuple[int, int]]) -> bytes:
    copy = bytearray(data)
    for position, value in changes:
        copy[position % len(copy)] = value
    return bytes(copy)
