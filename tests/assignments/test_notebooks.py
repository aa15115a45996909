from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assignments.errors import UploadRejected
from assignments.notebooks import read_notebook
from tests.assignments.uploads import code, code3, markdown, notebook, notebook3

OPEN = "open it in Jupyter, save it and upload"


def refusal(data: bytes) -> str:
    with pytest.raises(UploadRejected) as caught:
        read_notebook("a.ipynb", data)
    return caught.value.message


def test_cells_are_numbered_among_code_cells() -> None:
    data = notebook(
        markdown("# Title"),
        code(["a = 1\n", "b = 2"]),
        code("skip()", metadata={"tags": ["skip-grading"]}),
        markdown("More"),
        code(""),
        code("c = 3\r\nd = 4"),
    )

    cells, notices, _ = read_notebook("a.ipynb", data)

    assert cells == [(1, "a = 1\nb = 2"), (4, "c = 3\nd = 4")]
    assert notices == ["1 code cell(s) of a.ipynb tagged 'skip-grading' were left out."]


def test_equal_ids_a_bom_and_strange_outputs_do_no_harm() -> None:
    data = b"\xef\xbb\xbf" + notebook(code("a = 1", outputs="huge"), code("b = 2", outputs=None))

    assert read_notebook("a.ipynb", data)[:2] == ([(1, "a = 1"), (2, "b = 2")], [])


def test_format_3_is_read_with_a_notice() -> None:
    heading = {"cell_type": "heading", "level": 1, "metadata": {}, "source": "Title"}
    data = notebook3(heading, code3(["a = 1\n", "b = 2"]), code3("c = 3"))

    assert read_notebook("a.ipynb", data)[:2] == (
        [(1, "a = 1\nb = 2"), (2, "c = 3")],
        [
            (
                "a.ipynb has an old format (3); it was read all the same. Save it once with a "
                "current "
                "Jupyter to be sure that you see what is graded."
            )
        ],
    )


DEEP = b"[" * 100_000 + b"]" * 100_000
REFUSED: list[tuple[bytes, str]] = [
    (b"", f"a.ipynb is not a notebook (it is not valid JSON): {OPEN} the saved file."),
    (b"\xff\xfe", f"a.ipynb is not a notebook (it is not valid JSON): {OPEN} the saved file."),
    (b"[1]", f"a.ipynb is not a notebook (it has no nbformat version): {OPEN} the saved file."),
    (b"{}", f"a.ipynb is not a notebook (it has no nbformat version): {OPEN} the saved file."),
    (
        b"[" + b"{}," * 500_000 + b"{}]",
        (
            "a.ipynb holds more data than a notebook can need: clear its outputs (in Jupyter: "
            "Edit, "
            "Clear Outputs of All Cells), save it and upload again."
        ),
    ),
    (DEEP, "a.ipynb is nested too deeply to be a notebook: save it again with Jupyter."),
    (
        notebook(code("x"), nbformat=9),
        (
            "a.ipynb has the notebook format 9, which cannot be read here: save it with a current "
            "Jupyter (format 4) and upload again."
        ),
    ),
    (
        notebook(code("x"), nbformat="4"),
        (
            "a.ipynb has the notebook format unknown, which cannot be read here: save it with a "
            "current Jupyter (format 4) and upload again."
        ),
    ),
    (
        notebook(markdown("x")),
        (
            "a.ipynb has no code cell to grade: check that you uploaded the notebook that you "
            "worked "
            "in, and that you saved it."
        ),
    ),
    (notebook(cells=None), f"a.ipynb is damaged (it has no list of cells): {OPEN} again."),
    (notebook(cells=[1]), f"a.ipynb is damaged (a cell is not a cell): {OPEN} again."),
    (
        notebook(code("x"), code(7)),
        (
            "Code cell 2 of a.ipynb has a source that is not text: open the notebook in "
            "Jupyter, save "
            "it and upload again."
        ),
    ),
    (
        notebook(code("x"), code("a = 1\nb = '\0'")),
        (
            "Code cell 2 of a.ipynb holds a NUL character in line 2: delete that character, "
            "save as "
            "UTF-8 and upload again."
        ),
    ),
    (
        notebook(code("'\ud800'")),
        (
            "Code cell 1 of a.ipynb holds half of a character (a lone surrogate) in line 1: delete "
            "that character, save as UTF-8 and upload again."
        ),
    ),
    (
        notebook(*[code("x")] * 2_001),
        (
            "a.ipynb has 2,001 cells, more than the 2,000 that can be graded: delete the cells "
            "that "
            "this homework does not need."
        ),
    ),
    (
        notebook3({"cell_type": "heading"}),
        (
            "a.ipynb has no code cell to grade: check that you uploaded the notebook that you "
            "worked "
            "in, and that you saved it."
        ),
    ),
    (
        notebook3(code3("x"), code3(["a", 7])),
        (
            "Code cell 2 of a.ipynb has a source that is not text: open the notebook in "
            "Jupyter, save "
            "it and upload again."
        ),
    ),
]


@pytest.mark.parametrize(("data", "message"), REFUSED, ids=[m[:60] for _, m in REFUSED])
def test_each_bad_notebook_has_its_own_sentence(data: bytes, message: str) -> None:
    assert refusal(data) == message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["cells", "cell_type", "source", "metadata"]), inner)
    ),
    max_leaves=12,
)


@given(cells=JSON, worksheets=JSON, version=st.sampled_from([3, 4]))
def test_any_json_is_survived(cells: Any, worksheets: Any, version: int) -> None:
    document = {"cells": cells, "worksheets": worksheets, "metadata": {}, "nbformat": version}
    message = "a.ipynb"
    found = [(1, "a")]
    try:
        found, _, _ = read_notebook("a.ipynb", json.dumps(document).encode())
    except UploadRejected as refused:
        message = refused.message
    assert message.startswith(("a.ipynb", "Code cell"))
    assert found
