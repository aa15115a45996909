"""Notebooks as a page shows them."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.web.rendering.pages import Page, inspect
from web.rendering import render_notebook
from web.rendering.outputs import MAX_ELEMENTS, MAX_TEXT

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(16)).decode()
HUGE_PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(8) + b"\xff" * 8).decode()
HANDOUT = Path(__file__).resolve().parents[3] / "assignments" / "hw1" / "handout" / "hw1.ipynb"
UNSHOWABLE = "An output of this cell cannot be shown here. Download the notebook to see it."


def code(source: str | list[str] = "x", *outputs: Any, **more: Any) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "outputs": list(outputs), **more}


def prose(source: str, **more: Any) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": source, **more}


def notebook(*cells: Any, **more: Any) -> bytes:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "cells": cells, **more}).encode()


def shown(*outputs: Any) -> Page:
    """What a page shows of the outputs of one cell."""
    page = inspect(render_notebook(notebook(code("x", *outputs))))
    page.text = page.text.removeprefix("Cell 1x\n")
    return page


def display(**data: Any) -> dict[str, Any]:
    forms = {kind.replace("_", "/", 1).replace("svg", "svg+xml"): v for kind, v in data.items()}
    return {"output_type": "display_data", "data": forms}


def test_code_cells_are_counted_as_in_messages_about_an_upload() -> None:
    data = notebook(
        prose("# Title"),
        code(["a = 1\n", "b = 2"], execution_count=3),
        prose("More"),
        code("skip()", metadata={"tags": ["skip-grading"]}),
    )

    page = inspect(render_notebook(data, prefix="n-"))

    assert page.ids() == ["n-cell-1", "n-cell-1-L1", "n-cell-1-L2", "n-cell-2", "n-cell-2-L1"]
    assert page.text == (
        "Title\nCell 1 In [3]a = 1\nb = 2\nMore\nCell 2 left out of gradingskip()\n"
    )


def test_the_notebook_of_the_first_homework_is_shown_whole() -> None:
    cells = json.loads(HANDOUT.read_bytes())["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]

    page = inspect(render_notebook(HANDOUT.read_bytes()))

    assert [section["id"] for section in page.all("section")] == [
        f"cell-{number}" for number in range(1, len(sources) + 1)
    ]
    for source in sources:
        assert source in page.text
    formulas = "".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    assert len(page.all("math")) == formulas.replace("$$", "$").count("$") // 2 > 0
    assert {"class": "formula"} not in page.all("code")


def test_it_does_not_take_long() -> None:
    data = HANDOUT.read_bytes()
    render_notebook(data)
    times = []
    for _ in range(5):
        started = time.perf_counter()
        render_notebook(data)
        times.append(time.perf_counter() - started)
    assert min(times) < 0.2


def test_printed_text_is_what_a_terminal_would_show() -> None:
    red = "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07link\x1b]8;;\x07\x1b[2J\n"
    page = shown(
        {"output_type": "stream", "name": "stdout", "text": [red, " 1%\r50%\r99%\r\n", "<b>"]},
        {"output_type": "stream", "name": "stderr", "text": "warned"},
    )

    assert page.text == "red link\n99%\n<b>warned"
    assert page.all("pre")[1:] == [
        {"class": "output-text plain", "tabindex": "0"},
        {"class": "output-text error", "tabindex": "0"},
    ]


def test_a_long_text_keeps_its_start_and_its_end() -> None:
    text = "a" * 50_000 + "b" * 50_000

    page = shown({"output_type": "stream", "text": text})

    half = MAX_TEXT // 2
    assert page.text == "a" * half + "\n\n[80,000 characters are left out here]\n\n" + "b" * half


def test_an_error_is_its_traceback_or_else_its_message() -> None:
    error = {"output_type": "error", "ename": "ValueError", "evalue": "no"}
    assert shown({**error, "traceback": ["\x1b[0;31mTrace\x1b[0m", "end"]}).text == "Trace\nend"
    assert shown({**error, "traceback": []}).text == "ValueError: no"
    assert shown({**error, "traceback": "x"}).text == "ValueError: no"


def test_pictures_have_an_address_of_their_own_and_a_name() -> None:
    page = shown(display(image_png=PNG + "\n", text_plain="<Figure>"))

    assert page.all("img") == [
        {"src": f"data:image/png;base64,{PNG}", "alt": "Output of code cell 1"}
    ]
    assert page.text == ""


def test_a_drawing_is_only_a_picture() -> None:
    svg = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"

    address = shown(display(image_svg=svg)).all("img")[0]["src"]

    assert address == "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


@pytest.mark.parametrize(
    "output",
    [
        display(image_png="<script>"),
        display(image_png=base64.b64encode(b"<html>").decode()),
        display(image_jpeg=PNG),
        display(image_png=HUGE_PNG),
        display(image_png="A" * 9_000_000),
        display(image_svg="<!DOCTYPE x [<!ENTITY a 'aaaa'>]><svg>&a;</svg>"),
        display(image_svg="no drawing"),
        display(text_html="<script>plot()</script><style>p{}</style> &nbsp;<div></div>"),
        display(text_html="<div>" * (MAX_ELEMENTS + 1) + "deep"),
        display(application_javascript="alert(1)"),
        display(text_plain={"a": 1}),
        display(),
        {"output_type": "display_data", "data": ["x"]},
        {"output_type": "stream", "text": 5},
        {"output_type": "stream"},
        {"output_type": ["stream"]},
        {},
        None,
        "x",
    ],
)
def test_what_cannot_be_shown_is_named(output: Any) -> None:
    page = shown(output)

    assert (page.text, page.all("img")) == (UNSHOWABLE, [])


def test_a_poorer_form_stands_in_for_what_cannot_be_shown() -> None:
    page = shown(display(text_html="<script>plot()</script>", text_plain="Figure()"))

    assert page.text == "Figure()"


def test_a_table_of_pandas_keeps_its_shape_and_nothing_else() -> None:
    html = (
        "<div><style scoped>.dataframe{}</style>"
        '<table border="1" class="dataframe" id="top" style="color:red" onclick="x()">'
        '<thead><tr><th></th><th colspan="2">a</th></tr></thead>'
        '<tbody><tr><th>0</th><td colspan="99999999">1</td></tr></tbody></table></div>'
        '<img src="https://evil.example/x.png"><form><input></form>'
    )

    assert (
        '<div><table><thead><tr><th></th><th colspan="2">a</th></tr></thead>'
        '<tbody><tr><th>0</th><td>1</td></tr></tbody></table></div><img alt="[picture]"></div>'
    ) in render_notebook(notebook(code("x", display(text_html=html))))


def test_latex_and_markdown_outputs() -> None:
    page = shown(display(text_latex=r"$\displaystyle x^2$"), display(text_markdown="**b** $c$"))

    assert [math["display"] for math in page.all("math")] == ["block", "inline"]
    assert page.all("strong") == [{}]


def test_pasted_pictures_are_shown() -> None:
    cell = prose("![a](attachment:a.png)", attachments={"a.png": {"image/png": PNG}})

    assert inspect(render_notebook(notebook(cell))).all("img") == [
        {"src": f"data:image/png;base64,{PNG}", "alt": "a"}
    ]


def test_format_3_shows_its_cells_without_outputs() -> None:
    cells = [
        {"cell_type": "heading", "level": 1, "source": "Title"},
        {"cell_type": "code", "input": ["a = 1"], "outputs": [{"output_type": "pyout"}]},
    ]
    data = json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}).encode()

    assert inspect(render_notebook(data)).text == (
        "This notebook has an old format (3), so its outputs are not shown. "
        "Download it to see them.Title\nCell 1a = 1\n"
    )


REPAIR = "Download it to see what is in it; open it in Jupyter and save it to repair it."


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", f"This file is not a notebook that can be read. {REPAIR}"),
        (b"{", f"This file is not a notebook that can be read. {REPAIR}"),
        (b"\xff", f"This file is not a notebook that can be read. {REPAIR}"),
        (b"[" * 100_000, f"This file is not a notebook that can be read. {REPAIR}"),
        (
            b'{"nbformat": ' + b"9" * 5_000 + b"}",
            f"This file is not a notebook that can be read. {REPAIR}",
        ),
        (b"[1]", f"This file is not a notebook. {REPAIR}"),
        (b"{}", f"This notebook has a format that cannot be shown here. {REPAIR}"),
        (b'{"nbformat": 5}', f"This notebook has a format that cannot be shown here. {REPAIR}"),
        (notebook(1), f"This notebook is damaged (it has no list of cells). {REPAIR}"),
        (b'{"nbformat": 4}', f"This notebook is damaged (it has no list of cells). {REPAIR}"),
        (b"[]" * 500_001, "This notebook is too large to be shown here. Download it to see it."),
    ],
)
def test_a_file_that_is_no_notebook_gives_one_sentence(data: bytes, sentence: str) -> None:
    assert render_notebook(data) == f'<p class="rendering-notice">{sentence}</p>'


def test_a_damaged_cell_leaves_the_others() -> None:
    page = inspect(
        render_notebook(notebook(prose("a"), {"cell_type": "code", "source": 5}, code("b")))
    )

    assert page.text == (
        "a\nThis cell is damaged: its source is not text. Download the notebook.Cell 2b\n"
    )


def test_more_than_a_page_can_show_is_left_out_cell_by_cell() -> None:
    large = "x = 1\n" * 20_000
    page = inspect(render_notebook(notebook(code(large), code(large), code("y"))))

    assert page.ids()[-3:] == ["cell-2", "cell-3", "cell-3-L1"]
    assert "This cell is not shown: the notebook is too long for a page." in page.text


def test_more_outputs_than_a_page_can_show_are_left_out() -> None:
    picture = display(image_png=base64.b64encode(base64.b64decode(PNG) + bytes(2_500_000)).decode())
    page = inspect(render_notebook(notebook(code("x", picture, picture, picture), code("y"))))

    assert len(page.all("img")) == 2
    assert page.text == (
        "Cell 1x\nThe outputs of this notebook are too large for one page. "
        "Download it to see them all.Cell 2y\n"
    )


def test_at_most_2000_cells_are_shown() -> None:
    page = inspect(render_notebook(notebook(*[code()] * 2_001)))

    assert page.ids()[-2:] == ["cell-2000", "cell-2000-L1"]
    assert page.text.endswith("Only the first 2,000 cells are shown. Download it to see all.")


def test_the_worst_notebooks_are_made_in_seconds() -> None:
    deep = display(text_html="<div>" * MAX_ELEMENTS)
    started = time.perf_counter()
    inspect(render_notebook(notebook(code("@" * 100_000), *[code("x", deep, deep)] * 50)))
    render_notebook(notebook(*[prose("![" * 15_000)] * 50))
    assert time.perf_counter() - started < 30
