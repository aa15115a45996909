from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assignments.errors import UploadRejected
from assignments.python_text import MAX_SOURCE_BYTES, decode_python
from runners.wire.caps import DEFAULT_CAPS

SAVE = "save the file with the encoding UTF-8 and upload again."


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("x = 'ä'\n".encode(), "x = 'ä'\n"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        (b"a = 1\r\nb = 2\rc = 3", "a = 1\nb = 2\nc = 3"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe4'\n", "# -*- coding: latin-1 -*-\nx = 'ä'\n"),
        ("#!python\n# coding=gbk\nx = '你'".encode("gbk"), "#!python\n# coding=gbk\nx = '你'"),
        ("x = 1\n# coding: gbk\nx = '你'".encode(), "x = 1\n# coding: gbk\nx = '你'"),
    ],
    ids=["utf-8", "bom", "newlines", "latin-1", "second line", "not in code"],
)
def test_files_are_decoded_as_python_would(data: bytes, text: str) -> None:
    assert decode_python("q.py", data) == text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a = 1\nb = '\xe4'\n", f"q.py is not valid UTF-8 at line 2 (byte 0xe4): {SAVE}"),
        (
            b"# coding: ascii\nb = '\xe4'\n",
            f"q.py is not valid ASCII at line 2 (byte 0xe4): {SAVE}",
        ),
        (
            b"\xef\xbb\xbfa = 1\nb = '\xe4'\n",
            f"q.py is not valid UTF-8 at line 2 (byte 0xe4): {SAVE}",
        ),
        ("x = 1".encode("utf-16"), f"q.py is saved as UTF-16, which Python cannot run: {SAVE}"),
        (
            b"a\n\0",
            (
                "q.py holds a NUL character in line 2: delete that character, save as UTF-8 and "
                "upload again."
            ),
        ),
        (
            b"# coding: latin-1\nx = '" + b"\xe4" * 500_000 + b"'\n",
            (
                "q.py is longer than the 1 MB of Python that can be graded: put data into files of "
                "their own, or make them in the code, and upload again."
            ),
        ),
        *(
            (
                f"# coding: {name}\n".encode(),
                (
                    f"q.py declares the encoding '{name}' in its first lines, which cannot be used "
                    "here: delete that line, save the file as UTF-8 and upload again."
                ),
            )
            for name in ("punycode", "rot13", "zlib", "utf-7", "klingon", "undefined")
        ),
        (
            b"\xef\xbb\xbf# coding: latin-1\n",
            (
                "q.py declares the encoding 'latin-1' in its first lines, which cannot be used "
                "here: "
                "delete that line, save the file as UTF-8 and upload again."
            ),
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_each_bad_file_has_its_own_sentence(data: bytes, message: str) -> None:
    with pytest.raises(UploadRejected) as caught:
        decode_python("q.py", data)

    assert caught.value.message == message


def test_whatever_passes_can_be_handed_to_a_guest() -> None:
    """Else an upload could make faults of ours, three times each, and mails to staff."""
    assert DEFAULT_CAPS.string_bytes > MAX_SOURCE_BYTES
    assert len(decode_python("q.py", b"#" * MAX_SOURCE_BYTES)) == MAX_SOURCE_BYTES


@given(
    data=st.binary(max_size=300), cookie=st.sampled_from([b"", b"# coding: big5\n", b"#coding=x"])
)
def test_any_bytes_are_survived(data: bytes, cookie: bytes) -> None:
    message, text = "q.py ", ""
    try:
        text = decode_python("q.py", cookie + data)
    except UploadRejected as refused:
        message = refused.message
    assert message.startswith("q.py ")
    assert "\0" not in text
