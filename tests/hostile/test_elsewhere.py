"""Each number of the list is tried or openly not; what pages name as proof exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.hostile.elsewhere import read_elsewhere
from tests.hostile.named_tests import ROOT, missing
from tests.hostile.tell import NUMBERS, PAGE, rewritten, rows

_, NOT_YET = read_elsewhere()
UPLOADS_BEGIN = 85
"""What is before is counted by `test_list`."""
PAGES = (PAGE, ROOT / "SECURITY.md")


def test_each_number_is_tried_or_openly_not() -> None:
    tried, not_yet = {row.number for row in rows()}, {one.number for one in NOT_YET}

    assert tried | not_yet >= {number for number in NUMBERS if number >= UPLOADS_BEGIN}
    assert tried & not_yet == set()


def test_every_test_that_the_list_names_exists() -> None:
    assert missing([test for row in rows() for test in row.tests]) == []
    assert [row.name for row in rows() if not row.tests] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    names = re.findall(r"tests/[\w/]+\.py::\w+", page.read_text(encoding="utf-8"))

    assert missing(names) == []


def test_a_page_that_lost_its_marks_is_not_overwritten() -> None:
    with pytest.raises(ValueError, match="has lost the marks"):
        rewritten("# Security\n")
