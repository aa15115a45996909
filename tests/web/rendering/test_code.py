"""Code as a page shows it."""

from __future__ import annotations

import time

from tests.web.rendering.pages import inspect
from web.rendering import decode, render_code
from web.rendering.code import MAX_CHARACTERS, MAX_LINE, MAX_LINES


def test_each_line_has_an_anchor_and_leading_lines_count() -> None:
    page = inspect(render_code("\n\ndef f():\n    return '<b>'\n", name="question1.py"))

    assert page.ids() == ["L1", "L2", "L3", "L4"]
    assert page.text == "\n\ndef f():\n    return '<b>'\n"
    assert {"class": "k"} in page.all("span")
    assert page.all("div") == [
        {"class": "code", "role": "group", "aria-label": "question1.py", "tabindex": "0"}
    ]


def test_a_prefix_keeps_two_files_apart() -> None:
    both = render_code("a", name="a.py", prefix="a-") + render_code("b", name="b.py", prefix="b-")

    page = inspect(both)

    assert page.ids() == ["a-L1", "b-L1"]
    assert [link["href"] for link in page.all("a")] == ["#a-L1", "#b-L1"]


def test_what_is_no_python_has_no_colours_and_may_be_told() -> None:
    assert "class=" not in str(inspect(render_code("def f", name="notes.txt")).all("span")[1:])
    assert render_code("def f", name="x", language="python") == render_code(
        "def f", name="x", language="PYTHON3"
    )


def test_what_deceives_the_eye_is_made_visible() -> None:
    page = inspect(render_code("a\0 = '\u202e'\x1b\r\nb\ud800", name="a\u202e.py"))

    assert page.text == "a␀ = '\ufffd'␛\nb\ufffd\n"
    assert page.all("div")[0]["aria-label"] == "a\ufffd.py"


def test_an_empty_file_says_so() -> None:
    for source in ("", "  \n\n", "\ufeff\u200b"):
        text = inspect(render_code(source, name="a.py")).text
        assert text == "There is no code here: the text is empty."


def test_long_files_and_lines_are_cut_with_a_sentence() -> None:
    page = inspect(render_code("x\n" * (MAX_LINES + 1), name="a.py"))
    assert page.ids()[-1] == f"L{MAX_LINES}"
    assert page.text.endswith(
        "Only the first 5,000 lines are shown, because the file is very long. "
        "Download it to see all of it."
    )

    page = inspect(render_code("y" * (MAX_LINE + 1), name="a.py"))
    assert page.text == "y" * MAX_LINE + (
        "\nLines of more than 2,000 characters are cut here. Download the file to see them whole."
    )

    text = inspect(render_code(("z" * 99 + "\n") * 4_000, name="a.py")).text
    assert text.count("z") == MAX_CHARACTERS * 99 // 100


def test_blank_lines_of_spaces_take_no_time() -> None:
    """Left as they are, these would keep Pygments busy for minutes."""
    started = time.perf_counter()
    page = inspect(render_code(" \n" * 100_000 + "x", name="a.py"))
    assert page.ids()[-1] == f"L{MAX_LINES}"
    assert time.perf_counter() - started < 5


def test_bytes_are_read_as_utf_8_whatever_they_are() -> None:
    assert decode(b"\xef\xbb\xbfcaf\xc3\xa9 \xff") == "café \ufffd"
