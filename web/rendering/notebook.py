"""A notebook of unknown origin as HTML: cells in order, with what they printed when it was saved.

It is read as JSON with care rather than by nbformat, which trusts what it is given and knows no
limit. Nothing in it is run.
"""

from __future__ import annotations

import json
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from web.rendering.budget import Budget
from web.rendering.code import render_code
from web.rendering.markdown import render_markdown
from web.rendering.outputs import joined, render_outputs
from web.rendering.pictures import BITMAPS, bitmap_address
from web.rendering.text import notice, printable, shorten

MAX_BYTES = 50_000_000
MAX_CELLS = 2_000
SKIP_TAG = "skip-grading"
_OLDEST, _NEWEST = 3, 4
# Each opening bracket becomes an object of some hundred bytes, so a small file could fill a memory.
_MAX_BRACKETS = 500_000
_SAVE_AGAIN = "Download it to see what is in it; open it in Jupyter and save it to repair it."
_OLD = "This notebook has an old format (3), so its outputs are not shown. Download it to see them."
_TOO_LONG = "This cell is not shown: the notebook is too long for a page. Download it to see all."
_Cell = dict[str, Any]


class _UnreadableError(Exception):
    """The file cannot be shown; the text says why and what to do."""


def render_notebook(data: bytes, *, prefix: str = "") -> SafeString:
    """Show a notebook; code cell 7 has the id `{prefix}cell-7`, its line 3 `{prefix}cell-7-L3`.

    A number counts the code cells from 1, as in the messages about an upload. A file that is no
    notebook gives a sentence that says so.

    prefix: makes the ids of two files on one page differ
    """
    try:
        version, cells = _read(data)
    except _UnreadableError as error:
        return notice(str(error))
    parts = [notice(_OLD)] if version == _OLDEST else []
    budget, number = Budget(), 0
    for cell in cells[:MAX_CELLS]:
        number += cell.get("cell_type") == "code"
        parts.append(_cell(cell, number, prefix, budget))
    if len(cells) > MAX_CELLS:
        parts.append(
            notice(f"Only the first {MAX_CELLS:,} cells are shown. Download it to see all.")
        )
    return format_html('<div class="notebook">{}</div>', format_html_join("", "{}", zip(parts)))


def _read(data: bytes) -> tuple[int, list[_Cell]]:
    """The major version of the format, and the cells."""
    notebook = _parse(data)
    version = notebook.get("nbformat")
    if version == _NEWEST:
        return _NEWEST, _list(notebook, "cells")
    if version == _OLDEST:
        sheets = _list(notebook, "worksheets")
        cells = [cell for sheet in sheets for cell in _list(sheet, "cells")]
        return _OLDEST, [{**cell, "outputs": []} for cell in cells]
    raise _UnreadableError(f"This notebook has a format that cannot be shown here. {_SAVE_AGAIN}")


def _parse(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_BYTES or data.count(b"[") + data.count(b"{") > _MAX_BRACKETS:
        raise _UnreadableError(
            "This notebook is too large to be shown here. Download it to see it."
        )
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
    except (RecursionError, ValueError):
        raise _UnreadableError(
            f"This file is not a notebook that can be read. {_SAVE_AGAIN}"
        ) from None
    if not isinstance(notebook, dict):
        raise _UnreadableError(f"This file is not a notebook. {_SAVE_AGAIN}")
    return notebook


def _list(holder: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = holder.get(key)
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise _UnreadableError(f"This notebook is damaged (it has no list of {key}). {_SAVE_AGAIN}")
    return found


def _cell(cell: _Cell, number: int, prefix: str, budget: Budget) -> SafeString:
    source = joined(cell.get("source", cell.get("input")))
    if source is None:
        return notice("This cell is damaged: its source is not text. Download the notebook.")
    match cell.get("cell_type"):
        case "code":
            return _code_cell(cell, source, number, prefix, budget)
        case "markdown":
            return _prose(source, _attachments(cell), budget)
        case "heading":
            return _prose(f"# {source}", {}, budget)
        case _:
            return format_html('<pre class="output-text" tabindex="0">{}</pre>', _raw(source))


def _code_cell(cell: _Cell, source: str, number: int, prefix: str, budget: Budget) -> SafeString:
    anchor = f"{prefix}cell-{number}"
    fits = budget.take("code", len(source))
    name = f"Code cell {number}"
    return format_html(
        '<section class="cell" id="{}" aria-label="{}"><p class="cell-number">'
        '<a href="#{}">Cell {}</a>{}{}</p>{}{}</section>',
        anchor,
        name,
        anchor,
        number,
        _execution_count(cell),
        _skipped(cell),
        render_code(source, name=name, language="python", prefix=f"{anchor}-")
        if fits
        else notice(_TOO_LONG),
        render_outputs(cell.get("outputs"), number=number, budget=budget),
    )


def _execution_count(cell: _Cell) -> SafeString:
    """The number in "In [3]:", which tells in which order the cells were run."""
    count = cell.get("execution_count")
    if type(count) is not int or not 0 < count < 10**6:
        return SafeString("")
    return format_html(' <span class="execution-count">In [{}]</span>', count)


def _skipped(cell: _Cell) -> SafeString:
    metadata = cell.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    if not isinstance(tags, list) or SKIP_TAG not in tags:
        return SafeString("")
    return format_html(' <span class="skipped">{}</span>', "left out of grading")


def _prose(source: str, pictures: dict[str, str], budget: Budget) -> SafeString:
    if not budget.take("prose", len(source)):
        return notice(_TOO_LONG)
    html = render_markdown(source, pictures=pictures)
    # Some texts become much longer: empty cells of a table are filled in, for one.
    if not budget.take("output", len(html)):
        return notice(_TOO_LONG)
    return format_html('<div class="prose">{}</div>', html)


def _raw(source: str) -> str:
    return printable(shorten(source, 20_000))


def _attachments(cell: _Cell) -> dict[str, str]:
    """Pictures that were pasted into a cell, by the address that its text uses for them."""
    attachments = cell.get("attachments")
    found: dict[str, str] = {}
    for name, bundle in attachments.items() if isinstance(attachments, dict) else ():
        for kind in BITMAPS:
            text = joined(bundle.get(kind)) if isinstance(bundle, dict) else None
            address = bitmap_address(kind, text) if text else None
            if address:
                found[f"attachment:{name}"] = address
    return found
