"""Classic mode: works for suites that must share the process, and says that it can be forged."""

from __future__ import annotations

import dataclasses

from runners.contract import Isolation, RunReport, Verdict
from runners.grading import Grader
from tests.runners.conftest import make_request, outcomes

CHECK = """
    import question1
    from question1 import Thing, thing

    def test_same_process():
        assert question1.__dict__["LIMIT"] == 3
        assert thing == Thing() and type(thing) is Thing

    def test_wrong(): assert question1.f(1) == 2
"""
SOURCE = """
    LIMIT = 3
    class Thing:
        def __eq__(self, other): return isinstance(other, Thing)
        __hash__ = None
    thing = Thing()
    def f(x): return x
"""


def grade_shared(grader: Grader, check: str, source: str, **more: object) -> RunReport:
    request = make_request(check, source, **more)  # type: ignore[arg-type]
    return grader.grade(dataclasses.replace(request, isolation=Isolation.SHARED))


def test_suite_and_submission_share_the_process(grader: Grader) -> None:
    seen = grade_shared(grader, CHECK, SOURCE)
    assert outcomes(seen) == {"test_same_process": "passed", "test_wrong": "failed"}
    assert seen.receipt["forgeable"] is True
    assert seen.receipt["isolation"] == "shared"


def test_a_split_run_says_that_it_cannot_be_forged(grader: Grader) -> None:
    seen = grader.grade(make_request("def test_it(): pass", SOURCE))
    assert seen.receipt["forgeable"] is False


def test_a_submission_that_ends_the_process_is_rejected_with_the_reason(grader: Grader) -> None:
    seen = grade_shared(grader, CHECK, "import os\nos._exit(0)")
    assert seen.verdict is Verdict.REJECTED
    assert "ended the grading process" in seen.reason


def test_a_hang_in_a_check_is_a_timeout(grader: Grader) -> None:
    check = "import pytest, question1\n@pytest.mark.timeout(1)\ndef test_it(): question1.f()"
    assert outcomes(grade_shared(grader, check, "def f():\n    while True: pass")) == {
        "test_it": "timeout"
    }
