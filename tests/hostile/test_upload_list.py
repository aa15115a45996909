"""The list of bad uploads is complete, and names what exists; the eyes of its tests see."""

from __future__ import annotations

import pytest
from django.http import HttpResponse

from runners.contract import Outcome
from tests.hostile.crafted import CRAFTED
from tests.hostile.inert import assert_inert_json, assert_inert_page
from tests.hostile.named_tests import missing
from tests.hostile.test_list import CHECKS
from tests.hostile.upload_entries import read_upload_entries
from tests.hostile.writes import watched_writes

ENTRIES = read_upload_entries()


def test_every_number_has_an_entry() -> None:
    numbers = {int(entry.number.rstrip("abcd")) for entry in ENTRIES}

    assert numbers == set(range(85, 118))


def test_what_is_crafted_is_in_the_list_and_every_entry_has_a_file() -> None:
    assert CRAFTED.keys() <= {entry.name for entry in ENTRIES}
    assert [entry.name for entry in ENTRIES if not entry.files()] == []


def test_expectations_use_the_words_of_the_contract() -> None:
    outcomes = {word for entry in ENTRIES for check in CHECKS for word in entry.wanted(check)}

    assert outcomes <= {outcome.value for outcome in Outcome}
    assert {check for entry in ENTRIES for check in entry.outcomes} <= CHECKS


def test_every_refusal_says_what_to_do() -> None:
    """Each is one sentence: what is wrong, a colon, the remedy."""
    silent = [entry.name for entry in ENTRIES if entry.refused and ": " not in entry.refused]

    assert silent == []


def test_what_entries_point_to_exists() -> None:
    assert missing([test for entry in ENTRIES for test in entry.tests]) == []


@pytest.mark.parametrize(
    "name",
    [
        "tests/hostile/test_upload_list.py::test_no_such_thing",
        "tests/hostile/test_nowhere.py::test_a",
        "tests/hostile/named_tests.py::missing",
        "tests/hostile/test_upload_list.py::missing",
        "tests/hostile/test_upload_list.py",
    ],
)
def test_what_does_not_exist_is_found_out(name: str) -> None:
    assert missing([name]) == [name]


@pytest.mark.parametrize(
    "page",
    [
        "<p onclick=alert(1)>",
        "<script>alert(1)</script>",
        "<script src=https://evil.example/x.js></script>",
        "<img src=https://evil.example/x.png>",
        "<img src=x>",
        "<a href='java\tscript:alert(1)'>a</a>",
        "<form action=//evil.example>",
        "<iframe srcdoc='x'></iframe><object></object>",
        "a\x1b[2J",
    ],
)
def test_a_page_that_could_do_something_is_seen(page: str) -> None:
    assert_inert_page(HttpResponse("<p>a</p><script src='/static/a.js'></script>"))
    with pytest.raises(AssertionError):
        assert_inert_page(HttpResponse(page))


def test_a_download_that_a_terminal_would_obey_is_seen() -> None:
    assert_inert_json({"a": ["b\n"]})
    with pytest.raises(AssertionError):
        assert_inert_json({"a": [{"b\x9b": 1}]})


def test_a_write_is_seen(tmp_path: object) -> None:
    with watched_writes() as writes:
        open(f"{tmp_path}/a", "w").close()  # noqa: PTH123 - as an attacker's library would
        open(f"{tmp_path}/a").close()  # noqa: PTH123

    assert writes == [f"{tmp_path}/a"]
