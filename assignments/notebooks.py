"""Notebooks made by strangers: their code cells as text, in order. Outputs are never looked at."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import nbformat

from assignments.answers import ANSWERS_MARK, ANSWERS_TAG
from assignments.errors import UploadRejected
from assignments.python_text import check_source

MAX_CELLS = 2_000
SKIP_TAG = "skip-grading"
_OLDEST = 3
# Each opening bracket becomes an object of some hundred bytes; no notebook that a person wrote has
# as many, but a small file could.
_MAX_BRACKETS = 500_000


class NotebookSource(NamedTuple):
    """What of a notebook is graded."""

    cells: list[tuple[int, str]]
    """Code cells with their numbers: the position among all code cells, from 1."""
    notices: list[str]
    answers: str = ""
    """The text of the cell with typed answers. It is read, and never run."""


def read_notebook(name: str, data: bytes, *, with_answers: bool = False) -> NotebookSource:
    """Read a notebook; `with_answers` where the homework asks for typed ones."""
    notebook = _parse(name, data)
    notices = []
    if _version(name, notebook) == _OLDEST:
        notebook = _upgrade(name, notebook)
        notices.append(
            f"{name} has an old format (3); it was read all the same. Save it once with a current "
            "Jupyter to be sure that you see what is graded."
        )
    listed = _list(name, notebook, "cells")
    cells = _code_cells(name, listed)
    answers = _answers(name, listed) if with_answers else ""
    if with_answers:
        cells = [(number, cell) for number, cell in cells if not _is_answers(cell)]
    skipped = sum(_is_skipped(cell) for _, cell in cells)
    if skipped:
        notices.append(f"{skipped} code cell(s) of {name} tagged {SKIP_TAG!r} were left out.")
    kept = [
        (number, _source(name, number, cell)) for number, cell in cells if not _is_skipped(cell)
    ]
    if not answers and not any(source.strip() for _, source in kept):
        raise UploadRejected(
            f"{name} has no code cell to grade: check that you uploaded the notebook that you "
            "worked in, and that you saved it."
        )
    sources = [(number, source) for number, source in kept if source.strip()]
    return NotebookSource(sources, notices, answers)


def _answers(name: str, cells: list[Any]) -> str:
    """The one cell of answers, of whatever kind; it is known by its tag or its first line."""
    found = [_text(name, 0, cell.get("source")) for cell in cells if _is_answers(cell)]
    written = [text for text in found if text.strip()]
    if len(written) > 1:
        raise UploadRejected(
            f"{name} has {len(written)} cells of answers: keep one of them, save the notebook and "
            "upload again."
        )
    return "".join(written)


def _is_answers(cell: dict[str, Any]) -> bool:
    source = cell.get("source")
    first = source[0] if isinstance(source, list) and source else source
    marked = isinstance(first, str) and first.lstrip().startswith(ANSWERS_MARK)
    return marked or _has_tag(cell, ANSWERS_TAG)


def _parse(name: str, data: bytes) -> dict[str, Any]:
    if data.count(b"[") + data.count(b"{") > _MAX_BRACKETS:
        raise UploadRejected(
            f"{name} holds more data than a notebook can need: clear its outputs (in Jupyter: "
            "Edit, Clear Outputs of All Cells), save it and upload again."
        )
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
    except RecursionError:
        raise UploadRejected(
            f"{name} is nested too deeply to be a notebook: save it again with Jupyter."
        ) from None
    except ValueError:
        raise UploadRejected(
            f"{name} is not a notebook (it is not valid JSON): open it in Jupyter, save it and "
            "upload the saved file."
        ) from None
    if not isinstance(notebook, dict) or "nbformat" not in notebook:
        raise UploadRejected(
            f"{name} is not a notebook (it has no nbformat version): open it in Jupyter, save it "
            "and upload the saved file."
        )
    return notebook


def _version(name: str, notebook: dict[str, Any]) -> int:
    version = notebook["nbformat"]
    known = range(_OLDEST, nbformat.current_nbformat + 1)
    if isinstance(version, bool) or not isinstance(version, int) or version not in known:
        shown = version if isinstance(version, int) and abs(version) < 1000 else "unknown"  # noqa: PLR2004 - for print
        raise UploadRejected(
            f"{name} has the notebook format {shown}, which cannot be read here: save it with a "
            f"current Jupyter (format {nbformat.current_nbformat}) and upload again."
        )
    return version


def _upgrade(name: str, notebook: dict[str, Any]) -> dict[str, Any]:
    """Turn format 3 into format 4. Only sources and tags go in: outputs may be huge or damaged."""
    cells = [
        nbformat.v3.new_code_cell(
            input=_text(name, number, cell.get("input")),
            metadata={"tags": [SKIP_TAG]} if _is_skipped(cell) else {},
        )
        for sheet in _list(name, notebook, "worksheets")
        for number, cell in _code_cells(name, _list(name, sheet, "cells"))
    ]
    sheets = [nbformat.v3.new_worksheet(cells=cells)]
    old = nbformat.v3.new_notebook(worksheets=sheets)
    return dict(nbformat.convert(old, nbformat.current_nbformat))


def _list(name: str, holder: Any, key: str) -> list[Any]:
    found = holder.get(key) if isinstance(holder, dict) else None
    if not isinstance(found, list):
        raise UploadRejected(
            f"{name} is damaged (it has no list of {key}): open it in Jupyter, save it and upload "
            "again."
        )
    if len(found) > MAX_CELLS:
        raise UploadRejected(
            f"{name} has {len(found):,} cells, more than the {MAX_CELLS:,} that can be graded: "
            "delete the cells that this homework does not need."
        )
    return found


def _code_cells(name: str, cells: list[Any]) -> list[tuple[int, dict[str, Any]]]:
    if not all(isinstance(cell, dict) for cell in cells):
        raise UploadRejected(
            f"{name} is damaged (a cell is not a cell): open it in Jupyter, save it and upload "
            "again."
        )
    code = [cell for cell in cells if cell.get("cell_type") == "code"]
    return list(enumerate(code, start=1))


def _is_skipped(cell: dict[str, Any]) -> bool:
    return _has_tag(cell, SKIP_TAG)


def _has_tag(cell: dict[str, Any], tag: str) -> bool:
    metadata = cell.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    return isinstance(tags, list) and tag in tags


def _source(name: str, number: int, cell: dict[str, Any]) -> str:
    source = _text(name, number, cell.get("source"))
    check_source(source, f"Code cell {number} of {name}")
    return source


def _text(name: str, number: int, source: Any) -> str:
    """Join a source, which the format allows to be one string or a list of lines."""
    lines = source if isinstance(source, list) else [source]
    if not all(isinstance(line, str) for line in lines):
        raise UploadRejected(
            f"Code cell {number} of {name} has a source that is not text: open the notebook in "
            "Jupyter, save it and upload again."
        )
    return "".join(lines).replace("\r\n", "\n").replace("\r", "\n")
