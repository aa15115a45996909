"""The page on security counts what is there, and names as proof what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.hostile.named_tests import ROOT, missing
from tests.hostile.tell import NUMBERS, PAGE, main, open_numbers, rewritten, rows


def test_the_page_is_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().err


def test_each_number_is_tried_or_openly_not() -> None:
    tried, not_yet = {row.number for row in rows()}, {one.number for one in open_numbers()}

    assert tried | not_yet == set(NUMBERS)
    assert tried & not_yet == set()


def test_every_test_that_the_list_names_exists() -> None:
    """Who renames one mends `tests/hostile/elsewhere.toml`, or an upload's `expect.toml`."""
    assert missing([test for row in rows() for test in row.tests]) == []
    assert [row.name for row in rows() if not row.tests] == []


@pytest.mark.parametrize("page", [PAGE, ROOT / "SECURITY.md"], ids=lambda page: page.name)
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    names = re.findall(r"tests/[\w/]+\.py::\w+", page.read_text(encoding="utf-8"))

    assert missing(names) == []


def test_a_page_that_lost_its_marks_is_not_overwritten() -> None:
    with pytest.raises(ValueError, match="has lost the marks"):
        rewritten("# Security\n")
