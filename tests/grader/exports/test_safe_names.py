"""Names out of uploads and rolls that are to become paths on somebody's disk."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime

import pytest

from grader.exports.safe_names import Taken, safe_part, safe_path
from grader.exports.streamed_zip import zipped


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("陳嘉儀.ipynb", "陳嘉儀.ipynb"),
        ("Zoe\u0301", "Zoé"),
        ("../../etc/passwd", "_/_/etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("a\\..\\b", "a/_/b"),
        ("C:\\x", "C_/x"),
        ("CON", "_CON"),
        ("nul.py", "_nul.py"),
        ("com1.tar.gz", "_com1.tar.gz"),
        ("console.py", "console.py"),
        ("what? <b>|*.py", "what_ _b___.py"),
        ("dots...", "dots"),
        ("a\u202etxt.exe\r\n", "atxt.exe"),
        ("", "_"),
        (". .", "_"),
    ],
)
def test_a_name_becomes_a_path_that_any_system_takes(name: str, safe: str) -> None:
    assert safe_path(name) == safe


def test_a_long_name_is_cut_between_its_letters_and_keeps_its_ending() -> None:
    cut = safe_part("儀" * 200 + ".ipynb")
    assert (len(cut.encode()), cut) == (120, "儀" * 38 + ".ipynb")


def test_names_that_a_disk_takes_for_the_same_get_numbers() -> None:
    taken = Taken()
    names = ["a.py", "A.py", "a.py", "x.d/a", "x.d/a"]
    assert [taken.new(name) for name in names] == [
        "a.py",
        "A (2).py",
        "a (3).py",
        "x.d/a",
        "x.d/a (2)",
    ]


def test_a_zip_is_made_while_it_is_sent() -> None:
    """Nothing is asked for before the part before it has gone, and the whole is a sound zip."""
    asked: list[str] = []

    def entries() -> object:
        for name in ("一.txt", "two.png"):
            asked.append(name)
            yield name, b"x" * 100_000

    parts = zipped(entries(), datetime(2026, 3, 9, 16))  # type: ignore[arg-type]  # noqa: DTZ001
    first = next(parts)
    assert asked == ["一.txt"]
    assert len(first) < 2_000
    with zipfile.ZipFile(io.BytesIO(first + b"".join(parts))) as archive:
        assert archive.testzip() is None
        assert {info.filename: len(archive.read(info)) for info in archive.infolist()} == {
            "一.txt": 100_000,
            "two.png": 100_000,
        }
